/** What the program does before it loads gRPC: the servers in tests are to answer as it does by default. */
import { loadHttp2 } from "../../src/lib/prompt-trailers.ts";

loadHttp2().sendPromptly(true);

/** What the program does by default before it loads gRPC, so that servers in the test process answer alike. */
import { loadHttp2 } from "../../src/lib/prompt-trailers.ts";

loadHttp2().sendPromptly(true);

/** What the program does before it loads gRPC: the servers in tests are to answer as it does. */
import { sendTrailersPromptly } from "../../src/lib/prompt-trailers.ts";

sendTrailersPromptly();

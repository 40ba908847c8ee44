/** What the program does before it loads gRPC, so that servers in the test process answer alike. */
import { sendTrailersPromptly } from "../../src/lib/prompt-trailers.ts";

sendTrailersPromptly();

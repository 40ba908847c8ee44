/**
 * A process of clients that ask for much or behave badly: `<kind> <address> <http>`. It goes on until its
 * input ends, then prints how calls ended.
 */
import { startHostileConnections } from "../../test/support/hostile-connections.ts";
import { countEnded, createLargeRequestClients, LARGE_REQUESTS } from "../../test/support/large-requests.ts";

const [kind, address = "", http = ""] = process.argv.slice(2);
const over = new Promise<void>((resolve) => {
  process.stdin.resume().once("end", resolve);
});
process.stdout.write(kind === "hostile" ? await keepHostile() : await sendLarge());
process.exit();

/** All of them at once, again and again. */
async function sendLarge(): Promise<string> {
  const clients = createLargeRequestClients(address);
  let isOver = false;
  void over.then(() => {
    isOver = true;
  });
  const noted = (error: unknown) => void clients.ended.push(String(error));
  while (!isOver) {
    await Promise.all(Object.values(LARGE_REQUESTS).map((run) => run(clients).catch(noted)));
  }
  clients.close();
  return countEnded(clients);
}

async function keepHostile(): Promise<string> {
  const hostile = startHostileConnections({ address, http });
  await over;
  await hostile.stop();
  return Object.entries(hostile.begun)
    .map(([what, count]) => `${count} x ${what}`)
    .join(", ");
}

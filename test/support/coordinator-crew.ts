/**
 * Coordinator processes of one cluster, each behind its own fault proxies to etcd and to the Citus
 * coordinator node, so that a test can stop the leader at a chosen moment. Two are always running.
 */
import type { CitusCluster } from "./citus-cluster.ts";
import { type CoordinatorProcess, startCoordinatorProcess } from "./coordinator-process.ts";
import type { EtcdServer } from "./etcd-server.ts";
import { type Hold, startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";
import { waitFor } from "./wait-for.ts";

export interface Member extends CoordinatorProcess {
  readonly etcdProxy: TcpProxy;
  readonly citusProxy: TcpProxy;
}

export interface Crew {
  readonly members: readonly Member[];
  leader(): Promise<Member>;
  /** One that does not lead. */
  other(): Promise<Member>;
  /**
   * For each of the texts in turn, kills the leader just before it stores the text in etcd and lets another
   * one lead at once. `begin` is called once the first text is waited for.
   */
  killLeaderAtEach(texts: readonly string[], begin: () => void): Promise<void>;
  killLeader(): Promise<Member>;
  add(): Promise<Member>;
  stop(): Promise<void>;
}

export async function startCrew(
  cluster: CitusCluster,
  etcd: EtcdServer,
  settings: Readonly<Record<string, string>>,
): Promise<Crew> {
  let members: Member[] = [];
  const starting = new Set<Promise<unknown>>();
  const proxies = new Set<TcpProxy>();

  const add = async () => {
    const [etcdProxy, citusProxy] = await Promise.all([
      startTcpProxy({ target: etcd }),
      startTcpProxy({ target: cluster.coordinator }),
    ]);
    proxies.add(etcdProxy).add(citusProxy);
    const url = new URL(cluster.adminUrl);
    url.host = `${citusProxy.host}:${citusProxy.port}`;
    const started = await startCoordinatorProcess({
      ...settings,
      ORRERY_ETCD_ENDPOINTS: `http://${etcdProxy.host}:${etcdProxy.port}`,
      ORRERY_CITUS_URL: url.href,
    });
    const member: Member = Object.create(started, {
      etcdProxy: { value: etcdProxy },
      citusProxy: { value: citusProxy },
    });
    members.push(member);
    return member;
  };
  const replace = () => {
    const run = add().finally(() => starting.delete(run));
    starting.add(run);
  };

  const find = async (leads: boolean) => {
    for (const member of members) {
      if ((await member.isLeader().catch(() => undefined)) === leads) return member;
    }
    return undefined;
  };
  const leader = () => waitFor(() => find(true), { what: "a leader" });

  /** Catches any member that tries to store the text, also members that start later. */
  const setTrap = (text: string | undefined) => {
    const holds = new Map<TcpProxy, Hold>();
    const caught = () =>
      members.find(({ etcdProxy }) => {
        if (text === undefined) return false;
        const hold = holds.get(etcdProxy) ?? etcdProxy.hold(text);
        holds.set(etcdProxy, hold);
        return hold.held() > 0;
      });
    caught();
    return {
      caught,
      release() {
        for (const hold of holds.values()) hold.release();
      },
    };
  };

  const kill = async (victim: Member, whenDead = () => {}) => {
    members = members.filter((member) => member !== victim);
    await victim.kill();
    whenDead();
    await etcd.expire("/orrery/leader");
    await etcd.expire("/orrery/coordinators/");
    replace();
  };

  await Promise.all([add(), add()]);
  await leader();
  return {
    get members() {
      return members;
    },
    leader,
    other: () => waitFor(() => find(false), { what: "a coordinator that does not lead" }),
    async killLeaderAtEach(texts, begin) {
      let trap = setTrap(texts[0]);
      begin();
      for (const [index, text] of texts.entries()) {
        const what = `the leader to store ${text}`;
        const victim = await waitFor(trap.caught, { what, timeoutMs: 40_000, intervalMs: 5 });
        const caught = trap;
        // Set before another one can lead.
        trap = setTrap(texts[index + 1]);
        await kill(victim, caught.release);
      }
    },
    async killLeader() {
      const victim = await leader();
      await kill(victim);
      return victim;
    },
    add,
    async stop() {
      await Promise.allSettled(starting);
      await Promise.all(members.map((member) => member.kill()));
      await Promise.all([...proxies].map((proxy) => proxy.close()));
    },
  };
}

/**
 * Asks every target for its nearest rows, by the strategy that fits it, and again where the first answer may
 * not be all:
 *
 *   short   its index gave fewer rows than it was asked for                -> exactly
 *   full    all it was asked for, and all of it good enough for the answer -> for top_k rows
 *
 * Of many shards each is asked for fewer rows than top_k, since most would be thrown away (rows-to-ask.ts).
 * What a shard keeps back is farther than the last row it gave, so the answer is as good as that of asking
 * all for top_k. For a part its index is searched less widely, too.
 */
import type { ReadStatements } from "../shards/read-statements.ts";
import type { FoundRow } from "../shards/sql/search.ts";
import type { HashRange } from "../topology/shard-map.ts";
import { branchOf } from "./branch.ts";
import type { QueryLimits, SearchPlan } from "./plan/plan-search.ts";
import { chooseStrategy, EXACT, type StrategyChoice } from "./plan/strategy.ts";
import type { Target } from "./plan/target.ts";
import { efSearchToAsk, rowsToAsk } from "./plan/undersampling.ts";
import { groupByNode, type Outcome, type ScatterDeps, scatter } from "./scatter.ts";
import type { Hit, ReadRelations, RequestContext, RowEstimates } from "./types.ts";

export interface FindDeps extends ScatterDeps {
  readonly statements: ReadStatements;
  readonly relations: ReadRelations;
  readonly estimates: RowEstimates;
  readonly limits: QueryLimits;
}

interface Question extends StrategyChoice {
  /** Rows asked for, 1-top_k. */
  readonly limit: number;
  readonly efSearch: number;
}

/**
 * What one target gave. There may be rows beside an error: then the target failed when it was asked again.
 */
export interface Answer extends Outcome<FoundRow> {
  readonly question: Question;
  readonly askedAgain: boolean;
}

export interface Finder {
  /** What the targets give at first. */
  find(context: RequestContext): Promise<readonly Answer[]>;
  /** Those of `answers` whose targets may keep back some of the best; `hits`: the best of `answers`. */
  hidden(answers: readonly Answer[], hits: readonly Hit[]): readonly Answer[];
  /** All that these targets have of the best. */
  findAll(answers: readonly Answer[], context: RequestContext): Promise<readonly Answer[]>;
}

/** For one search of `targets`. */
export function createFinder(plan: SearchPlan, targets: readonly Target[], deps: FindDeps): Finder {
  const questionOf = createQuestions(plan, targets, deps);

  async function ask(
    asked: readonly Target[],
    question: (target: Target) => Question,
    context: RequestContext,
  ): Promise<readonly Outcome<FoundRow>[]> {
    const { collection, vector, topK: mostRows, candidates, include: wanted } = plan;
    const { quantization } = collection;
    return scatter(
      {
        collection,
        targets: asked,
        statement: (batch) => {
          const branches = batch.map((target) => ({
            ...branchOf(target, collection, deps.relations),
            ...question(target),
          }));
          const { statements } = deps;
          return statements.searchStatement({
            vector,
            quantization,
            branches,
            mostRows,
            candidates,
            wanted,
          });
        },
        decode: (row) => deps.statements.decodeFound(row, wanted),
        queryType: (target) => question(target).strategy,
      },
      deps,
      context,
    );
  }

  /** Those whose index gave fewer rows than it was asked for again, exactly. */
  async function findOnNode(
    asked: readonly Target[],
    question: (target: Target) => Question,
    context: RequestContext,
  ): Promise<readonly Answer[]> {
    const outcomes = await ask(asked, question, context);
    const answers = outcomes.map((outcome) => ({
      ...outcome,
      question: question(outcome.target),
      askedAgain: false,
    }));
    const short = answers.filter(isShort);
    if (short.length === 0) return answers;
    deps.observer.askedAgain("short");
    const exactly = (): Question => ({ ...EXACT, limit: plan.topK, efSearch: plan.efSearch });
    const again = await ask(targetsOf(short), exactly, context);
    const whole = again.map((outcome) => ({ ...outcome, question: exactly(), askedAgain: true }));
    return [...answers.filter((answer) => !isShort(answer)), ...keepRows(short, whole)];
  }

  /** Node by node, so that what one still owes holds up no other. */
  async function find(
    asked: readonly Target[],
    question: (target: Target) => Question,
    context: RequestContext,
  ): Promise<readonly Answer[]> {
    const nodes = groupByNode(asked);
    if (nodes.length === 1) return findOnNode(asked, question, context);
    return (await Promise.all(nodes.map((sameNode) => findOnNode(sameNode, question, context)))).flat();
  }

  return {
    find: (context) => find(targets, questionOf, context),
    hidden: (answers, hits) => answers.filter((answer) => mayHideHits(answer, hits, plan)),
    async findAll(answers, context) {
      deps.observer.askedAgain("full");
      const all = (target: Target) => ({ ...questionOf(target), limit: plan.topK, efSearch: plan.efSearch });
      const whole = await find(targetsOf(answers), all, context);
      return keepRows(answers, whole).map((answer) => ({ ...answer, askedAgain: true }));
    },
  };
}

/**
 * A target that fails when it is asked again keeps what it gave before: the caller is told, and may want the
 * rows.
 */
function keepRows(before: readonly Answer[], after: readonly Answer[]): readonly Answer[] {
  return after.map((answer) => {
    if (answer.error === undefined) return answer;
    const known = before.filter(({ target }) => covers(target, answer.target));
    return { ...answer, rows: [...answer.rows, ...known.flatMap(({ rows }) => rows)] };
  });
}

const targetsOf = (answers: readonly Answer[]) => answers.map(({ target }) => target);

/** True when the target gave all that it was asked for, and what it did not give may be among the best. */
export function mayHideHits(
  { rows, question: { limit } }: Pick<Answer, "rows" | "question">,
  hits: readonly Hit[],
  { topK, minSimilarity }: Pick<SearchPlan, "topK" | "minSimilarity">,
): boolean {
  if (limit >= topK || rows.length < limit) return false;
  let farthest = Number.POSITIVE_INFINITY;
  for (const { similarity } of rows) farthest = Math.min(farthest, similarity);
  if (minSimilarity !== undefined && farthest < minSimilarity) return false;
  const last = hits[topK - 1];
  return last === undefined || farthest >= last.similarity;
}

/**
 * One question per target, decided when it is first asked for: a target that moves meanwhile becomes another
 * one.
 */
function createQuestions(
  plan: SearchPlan,
  targets: readonly Target[],
  { estimates, limits: { exactMaxRows } }: FindDeps,
): (target: Target) => Question {
  const { collection, topK, candidates, efSearch } = plan;
  // An index that looks for few shard keys may give its rows out of order: only whole shards are asked for a
  // part.
  const parts = targets.length > 1 && targets.every(({ shardKeys }) => shardKeys === "all");
  const rowsOf = ({ shardId }: Target) => estimates.shardRows(collection, shardId);
  const total = parts ? targets.reduce((sum, target) => sum + (rowsOf(target) ?? 0), 0) : 0;
  const shareOf = (target: Target) => {
    const rows = total === 0 ? undefined : rowsOf(target);
    return rows === undefined ? undefined : Math.min(rows / total, 1);
  };
  // The candidates of a lossy index are as many for a part: their order says less of the exact one.
  const efSearchOf = (limit: number) =>
    Math.max(efSearchToAsk(efSearch, limit, topK), collection.quantization === "none" ? 1 : candidates);
  const known = new Map<Target, Question>();
  return (target) => {
    const asked = known.get(target);
    if (asked !== undefined) return asked;
    const choice = plan.exact
      ? EXACT
      : chooseStrategy(target, collection, estimates, { candidates, exactMaxRows });
    const limit = rowsToAsk(topK, shareOf(target), targets.length);
    const question = { ...choice, limit, efSearch: efSearchOf(limit) };
    known.set(target, question);
    return question;
  };
}

const isShort = ({ rows, error, question: { strategy, limit } }: Answer) =>
  error === undefined && strategy === "ann" && rows.length < limit;

const covers = (range: HashRange, other: HashRange) => range.min <= other.min && other.max <= range.max;

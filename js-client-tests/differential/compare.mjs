// Two transcripts, and what is decided about where they differ.

/** The places in which the second transcript differs from the first: their text, stream and lines. */
export function differencesBetween(expected, actual) {
  const hunks = [];
  const [ours, theirs] = [byTitle(actual.streams), byTitle(expected.streams)];
  const titles = new Set([...theirs.keys(), ...ours.keys()]);
  for (const title of titles) hunks.push(...hunksOf(title, theirs.get(title) ?? [], ours.get(title) ?? []));
  return hunks;
}

/** Streams by title; the second of the same title is told apart by a number. */
function byTitle(streams) {
  const named = new Map();
  for (const { title, lines } of streams) {
    let name = title;
    for (let number = 2; named.has(name); number += 1) name = `${title} (${number})`;
    named.set(name, lines);
  }
  return named;
}

function hunksOf(title, expected, actual) {
  const common = longestCommon(expected, actual);
  const hunks = [];
  let [left, right] = [0, 0];
  for (const [nextLeft, nextRight] of [...common, [expected.length, actual.length]]) {
    const theirs = expected.slice(left, nextLeft).map((line) => `- ${line}`);
    const ours = actual.slice(right, nextRight).map((line) => `+ ${line}`);
    if (theirs.length + ours.length > 0) hunks.push([`@ ${title}`, ...theirs, ...ours].join("\n"));
    [left, right] = [nextLeft + 1, nextRight + 1];
  }
  return hunks;
}

/** The pairs of indices of a longest common subsequence. */
function longestCommon(one, other) {
  const lengths = Array.from({ length: one.length + 1 }, () => new Uint32Array(other.length + 1));
  for (let i = one.length - 1; i >= 0; i -= 1) {
    for (let j = other.length - 1; j >= 0; j -= 1) {
      lengths[i][j] = one[i] === other[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const pairs = [];
  for (let i = 0, j = 0; i < one.length && j < other.length;) {
    if (one[i] === other[j]) pairs.push([i++, j++]);
    else if (lengths[i + 1][j] >= lengths[i][j + 1]) i += 1;
    else j += 1;
  }
  return pairs;
}

/** Decided differences, and which of them were met. */
export class Decisions {
  #decisions;
  #met = new Set();

  /** `decisions` are `{where, differs, why}`: names of conversations, patterns of differences there, and the reason. */
  constructor(decisions) {
    this.#decisions = decisions.flatMap(({ where, differs, why }) =>
      [where].flat().map((name) => ({ name, patterns: [differs].flat(), why })),
    );
  }

  /** The differences of a conversation that nobody has decided. */
  undecided(name, differences) {
    const mine = this.#decisions.filter((decision) => decision.name === name);
    return differences.filter((difference) => {
      let found = false;
      for (const { patterns } of mine) {
        for (const pattern of patterns) {
          if (!pattern.test(difference)) continue;
          this.#met.add(`${name}: ${pattern}`);
          found = true;
        }
      }
      return !found;
    });
  }

  /** How many differences are listed: one for each conversation and pattern. */
  get size() {
    return this.#all().length;
  }

  /** The decisions that no conversation needed, as text. */
  notMet() {
    return this.#all().filter((decision) => !this.#met.has(decision));
  }

  #all() {
    return this.#decisions.flatMap(({ name, patterns }) => patterns.map((pattern) => `${name}: ${pattern}`));
  }
}

/** A place in the order of a season: `key` is the negated score, `seq` says when that score was reached. Lower comes first. */
export interface Position {
  key: number;
  seq: number;
}

export interface Block {
  first: Position;
  count: number;
}

export const BLOCK_ROWS = 64;
export const SPLIT_ROWS = 512;

/** Before everything that can be on a board: the first block starts here, so every position falls into a block. */
export const START: Position = { key: Number.MIN_SAFE_INTEGER, seq: 0 };

/**
 * Where the rows of an ordered index lie, in blocks: the lower bound and the count of each, with a Fenwick tree over the counts.
 * It holds no rows: the place inside a block is counted by its owner, who keeps the rows. Every operation is O(log n), amortised.
 */
export class BlockDirectory {
  #blocks: Block[];
  #tree: number[] = [];
  #total = 0;
  readonly #crowded = new Set<Block>();

  constructor(blocks: readonly Block[]) {
    this.#blocks = blocks.map(({ first, count }) => ({ first, count }));
    if (this.#blocks.length === 0) this.#blocks.push({ first: START, count: 0 });
    this.#rebuild();
  }

  get total(): number {
    return this.#total;
  }

  /** The block a position falls into, and how many rows are in the blocks before it. */
  locate(position: Position): { block: Block; before: number } {
    const index = this.#indexOf(position);
    return { block: this.#at(index), before: this.#prefix(index) };
  }

  /** The block that holds the row at `place` (from 0), and the row's place inside that block. */
  at(place: number): { block: Block; offset: number } {
    let index = 0;
    let left = place;
    for (let step = 2 ** Math.floor(Math.log2(this.#blocks.length)); step > 0; step = Math.floor(step / 2)) {
      const sum = this.#tree[index + step];
      if (sum !== undefined && sum <= left && index + step < this.#blocks.length) {
        index += step;
        left -= sum;
      }
    }
    return { block: this.#at(index), offset: left };
  }

  /** Some block that has grown too big, to be `split` once the rows and the counts agree. */
  get crowded(): Block | undefined {
    for (const block of this.#crowded) {
      if (block.count > SPLIT_ROWS) return block;
      this.#crowded.delete(block);
    }
    return undefined;
  }

  add(position: Position): void {
    this.#change(position, 1);
  }

  remove(position: Position): void {
    this.#change(position, -1);
  }

  /** Cuts a block in two at `second`, the row that has `leftCount` rows of the block before it; joins what has become small. */
  split(block: Block, second: Position, leftCount: number): void {
    const index = this.#indexOf(block.first);
    const right = { first: second, count: block.count - leftCount };
    block.count = leftCount;
    if (right.count > SPLIT_ROWS) this.#crowded.add(right);
    this.#blocks.splice(index + 1, 0, right);
    this.#joinSmall();
    this.#rebuild();
  }

  #joinSmall(): void {
    const kept: Block[] = [];
    for (const block of this.#blocks) {
      const last = kept.at(-1);
      if (last !== undefined && last.count + block.count <= BLOCK_ROWS) last.count += block.count;
      else kept.push(block);
    }
    this.#blocks = kept;
  }

  #change(position: Position, by: 1 | -1): void {
    const index = this.#indexOf(position);
    const block = this.#at(index);
    block.count += by;
    this.#total += by;
    for (let node = index + 1; node < this.#tree.length; node += node & -node)
      this.#tree[node] = (this.#tree[node] ?? 0) + by;
    if (block.count > SPLIT_ROWS) this.#crowded.add(block);
  }

  #prefix(index: number): number {
    let sum = 0;
    for (let node = index; node > 0; node -= node & -node) sum += this.#tree[node] ?? 0;
    return sum;
  }

  /** The last block whose lower bound is not after `position`. */
  #indexOf(position: Position): number {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (isBefore(position, this.#at(middle).first)) high = middle - 1;
      else low = middle;
    }
    return low;
  }

  #at(index: number): Block {
    const block = this.#blocks[index];
    if (block === undefined) throw new RangeError(`no block ${index} in a directory of ${this.#blocks.length}`);
    return block;
  }

  #rebuild(): void {
    const tree: number[] = [0, ...this.#blocks.map((block) => block.count)];
    this.#total = 0;
    for (let node = 1; node < tree.length; node++) {
      this.#total += this.#blocks[node - 1]?.count ?? 0;
      const parent = node + (node & -node);
      if (parent < tree.length) tree[parent] = (tree[parent] ?? 0) + (tree[node] ?? 0);
    }
    this.#tree = tree;
  }
}

export const isBefore = (a: Position, b: Position): boolean => a.key < b.key || (a.key === b.key && a.seq < b.seq);

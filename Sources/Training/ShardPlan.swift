/// How many shards a minibatch is cut into.
public enum ShardChoice: Sendable, Equatable {
  /// A function of the batch size and the number of parameters: see ``ShardPlan/automaticShards(batchSize:parameters:)``.
  case automatic
  /// This many.
  case count(Int)
}

/// How minibatches are cut into shards: runs of consecutive rows, each summed by one thread.
///
/// The cut is part of the recipe. It depends on nothing that a machine or a run decides, so the sums that make up a
/// gradient, and their order, are the same everywhere.
public struct ShardPlan: Sendable, Equatable {
  /// The rows of a full minibatch.
  public let batchSize: Int
  /// The shards of a full minibatch.
  public let shards: Int
  /// The rows of a full shard; the last shard of a minibatch may have fewer.
  public let rowsPerShard: Int

  /// Cuts `batchSize` rows into at most `shards` shards.
  public init(batchSize: Int, shards: Int) {
    precondition(batchSize > 0 && shards > 0)
    self.batchSize = batchSize
    rowsPerShard = (batchSize - 1) / shards + 1
    self.shards = (batchSize - 1) / rowsPerShard + 1
  }

  /// The plan for `choice`.
  public init(batchSize: Int, choice: ShardChoice, parameters: Int) {
    switch choice {
    case .automatic:
      self.init(
        batchSize: batchSize,
        shards: Self.automaticShards(batchSize: batchSize, parameters: parameters))
    case .count(let shards): self.init(batchSize: batchSize, shards: min(shards, batchSize))
    }
  }

  /// The default number of shards, at most 64.
  ///
  /// A shard costs a pass over a gradient of its own, and is worth it when its rows cost many times that: 256 rows where
  /// the parameters fit into a few cache lines, 64 where a gradient fits into the second-level cache, 128 beyond. All shards together hold at most 2^23 numbers, rounded
  /// down to a power of two of shards, unless that would leave fewer than two.
  public static func automaticShards(batchSize: Int, parameters: Int) -> Int {
    let rows = parameters <= 1 << 10 ? 256 : parameters <= 1 << 17 ? 64 : 128
    let wanted = (batchSize - 1) / rows + 1
    let affordable = max(2, 1 << (23 - min(23, Int.bitWidth - max(parameters, 1).leadingZeroBitCount)))
    return min(wanted, affordable, 64)
  }

  /// The number of shards of a minibatch of `rows` rows, which the last one of an epoch may be short of.
  public func shardCount(rows: Int) -> Int { (rows - 1) / rowsPerShard + 1 }

  /// The rows of the last minibatch of an epoch over `samples` rows, of which there is at least one.
  public func lastRows(samples: Int) -> Int { (samples - 1) % batchSize + 1 }

  /// The rows of `shard` in a minibatch of `rows` rows.
  public func rows(of shard: Int, in rows: Int) -> Range<Int> {
    shard * rowsPerShard..<min((shard + 1) * rowsPerShard, rows)
  }
}

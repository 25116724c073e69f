import Kernels
import Networks
import Primitives

/// The two ways to make a step. Both give the same parameters, bit for bit: they differ in who adds what, never in which
/// numbers are added in which order. (The reported loss alone is summed over other runs of rows.)
enum StepPath: Sendable, Equatable {
  /// Each worker sums the gradients of shards of its own, and the team adds them up. For narrow networks: little is shared,
  /// and a gradient is small.
  case shards
  /// The team shares one copy of the minibatch; each worker runs some rows through the network and then sums tiles of the
  /// one gradient over all rows. For wide networks, whose gradients are not worth having, adding up and reading twice.
  case tiles

  /// From so many parameters on tiles are the faster way: measured, with one thread and two.
  static var leastTiledParameters: Int { 1 << 11 }
  /// The most numbers of a shared minibatch; a larger one is not worth its memory.
  static var mostSharedNumbers: Double { 0x1p27 }

  /// The way to be taken: a function of the recipe and of whether compiled loops are used.
  init<Element: Scalar>(
    network: MLP, plan: ShardPlan, samples: Int, variant: KernelVariant?, as type: Element.Type
  ) {
    guard variant != nil, let parameters = network.parameterCount,
      parameters >= Self.leastTiledParameters,
      network.layers.dropLast().allSatisfy(\.activation.isMadeInPanels),
      SharedWorkspace<Element>.memoryCount(network: network, capacity: min(plan.batchSize, samples))
        <= Self.mostSharedNumbers
    else {
      self = .shards
      return
    }
    self = .tiles
  }

  /// Whether gradients are those of a ``SmallNetwork``.
  func usesSmallNetwork<Element: Scalar>(_ recipe: Recipe, variant: KernelVariant?, as type: Element.Type)
    -> Bool
  {
    guard self == .shards, let variant else { return false }
    return SmallNetwork<Element>(recipe.network, loss: recipe.loss, variant: variant) != nil
  }

  /// The pieces of a minibatch that workers can share out in the first phase: no more workers than these have anything to do
  /// there.
  func shares(of plan: ShardPlan, samples: Int) -> Int {
    self == .shards ? plan.shards : TilePlan.units(plan, rows: min(plan.batchSize, samples)).count
  }
}

import Datasets
import Kernels
import Networks
import Primitives

/// The memory that a piece of work takes, worked out before any of it is allocated.
///
/// Sizes are `Double`s: what no `Int` could count is then just a large number.
struct MemoryPlan {
  /// The bytes.
  private(set) var bytes: Double

  /// Training with `recipe`: parameters, the optimizer's state, gradients, the workers' scratch, evaluation, copies for
  /// checkpoints, and the samples themselves.
  init<Element: Scalar>(
    recipe: Recipe, samples: TrainingSamples<Element>, validation: ValidationSamples<Element>?, workers: Int,
    path: StepPath
  ) {
    let network = recipe.network
    let plan = recipe.shardPlan
    // The best parameters are kept, and copied for checkpoints like the others.
    let copies = 2 * (1 + recipe.optimizer.slots + (validation == nil ? 0 : 1))
    bytes = Self.parameters(network) * Double(copies) * Self.size(Element.self)
    switch path {
    case .shards:
      let slots = StepPlan.slotsNeeded(plan, samples: samples.count, upToWorkers: workers)
      bytes += Self.parameters(network) * Double(slots * workers) * Self.size(Element.self)
      bytes +=
        Double(workers) * Self.passes(network, rows: min(plan.rowsPerShard, samples.count), as: Element.self)
    case .tiles:
      bytes +=
        SharedWorkspace<Element>.memoryCount(
          network: network, capacity: min(plan.batchSize, samples.count)) * Self.size(Element.self)
      // The optimizer's state in panels, and the whole gradient where it is clipped.
      let vectors = recipe.optimizer.slots + (recipe.clipNorm == nil ? 0 : 1)
      bytes += Self.parameters(network) * Double(vectors) * Self.size(Element.self)
    }
    bytes +=
      Double(workers)
      * Self.passes(
        network, rows: Evaluator<Element>.blockRows(for: network), as: Element.self)
    bytes += samples.bytes + (validation?.bytes(readers: workers) ?? 0)
  }

  /// Running `network` over blocks of rows with its parameters in memory.
  init<Element: Scalar>(evaluating network: MLP, workers: Int, as type: Element.Type) {
    bytes = 2 * Self.parameters(network) * Self.size(type)
    bytes +=
      Double(workers)
      * Self.passes(
        network, rows: Evaluator<Element>.blockRows(for: network), as: type)
  }

  /// Throws ``LockstepError`` of kind `memory` if this process may not use that much.
  ///
  /// - Parameters:
  ///   - subject: the file it is about, if any.
  ///   - work: what takes the memory, as the subject of a sentence.
  ///   - remedy: what would take less.
  func check(_ subject: String, _ work: String, remedy: String) throws(LockstepError) {
    let budget = MemoryBudget.bytes
    guard bytes <= Double(budget) else {
      throw LockstepError(
        .memory, subject, "\(work) takes more memory than there is", found: Self.text(bytes),
        expected: "at most \(Self.text(Double(budget)))", remedy: remedy)
    }
  }

  /// The bytes that copies of samples may take, which training can do without: what `budget` leaves beside samples and validation
  /// rows, or half of the memory that is free if there is no budget.
  func spareBytes<Element: Scalar>(
    _ samples: TrainingSamples<Element>, _ validation: ValidationSamples<Element>?, budget: Int?
  ) -> Double {
    let rows = samples.bytes + (validation?.bytes(readers: CPUBudget.current.cpus) ?? 0)
    return min(
      budget.map { Double($0) - rows } ?? Double(MemoryBudget.available) / 2,
      Double(MemoryBudget.bytes) - bytes)
  }

  /// One worker's memory for passes over `rows` rows: outputs of all layers, weighted sums where kept, two deltas, features, targets, row numbers, and
  /// the scratch of products.
  private static func passes<Element: Scalar>(_ network: MLP, rows: Int, as type: Element.Type) -> Double {
    let widest = network.layers.reduce(0) { max($0, Double($1.units)) }
    let kept = network.layers.reduce(0) { $0 + Double($1.units) * ($1.activation.needsSums ? 2 : 1) }
    let width = kept + 2 * widest + Double(network.inputs) + Double(network.outputs)
    let terms = max(Double(rows), Double(network.inputs), widest)
    return Double(rows) * (width * size(type) + Double(MemoryLayout<Int>.size)) + 48 * terms * size(type)
  }

  private static func parameters(_ network: MLP) -> Double {
    var inputs = Double(network.inputs)
    var count = 0.0
    for layer in network.layers {
      count += (inputs + 1) * Double(layer.units)
      inputs = Double(layer.units)
    }
    return count
  }

  private static func size<Element>(_ type: Element.Type) -> Double { Double(MemoryLayout<Element>.stride) }

  /// "1.5 GiB" and the like.
  static func text(_ bytes: Double) -> String {
    var value = bytes
    for unit in ["bytes", "KiB", "MiB", "GiB", "TiB"] {
      if value < 1024 { return "\((value * 10).rounded() / 10) \(unit)" }
      value /= 1024
    }
    return "\((value * 10).rounded() / 10) PiB"
  }
}

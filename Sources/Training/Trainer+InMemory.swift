import Datasets
import Kernels
import Primitives

extension Trainer {
  /// A trainer at the start, on samples in memory.
  public convenience init(
    recipe: Recipe, samples: Samples<Element>, validation: Samples<Element>? = nil,
    threads: ThreadChoice = .automatic, parameters: [Element]? = nil
  ) throws(LockstepError) {
    try self.init(
      recipe: recipe, samples: .memory(samples), validation: validation.map { .memory($0) }, threads: threads,
      parameters: parameters)
  }

  /// A trainer that goes on where `checkpoint` was written, on samples in memory.
  public convenience init(
    resuming checkpoint: Checkpoint<Element>, samples: Samples<Element>,
    validation: Samples<Element>? = nil, threads: ThreadChoice = .automatic
  ) throws(LockstepError) {
    try self.init(
      resuming: checkpoint, samples: .memory(samples), validation: validation.map { .memory($0) },
      threads: threads)
  }

  /// A trainer on samples in memory that uses the loops of `variant`, or the plain ones, and makes steps by `path`.
  convenience init(
    recipe: Recipe, samples: Samples<Element>, validation: Samples<Element>? = nil,
    threads: ThreadChoice = .automatic, parameters: [Element]? = nil, variant: KernelVariant?,
    path: StepPath? = nil
  ) throws(LockstepError) {
    try self.init(
      recipe: recipe, samples: .memory(samples), validation: validation.map { .memory($0) }, threads: threads,
      parameters: parameters, variant: variant, path: path)
  }
}

import HDF5
import Primitives

extension ScalingStudy {
  /// All that is to be timed, each once, and where each mode finds its points in it.
  struct Setups {
    var all: [ScalingSetup] = []
    var places: [ScalingMode: [Int]] = [:]

    mutating func add(_ setup: ScalingSetup, to mode: ScalingMode) {
      // With one thread the modes are the same.
      let place = all.firstIndex(of: setup) ?? all.count
      if place == all.count { all.append(setup) }
      places[mode, default: []].append(place)
    }
  }

  /// What the options ask for, of these samples.
  func setups<Element>(_ data: TrainingData<Element>) throws(LockstepError) -> Setups {
    var setups = Setups()
    let recipe = try data.recipe(options.bareTraining)
    for mode in ScalingMode.allCases where options.modes.contains(mode) {
      for threads in options.threadCounts {
        let grown = mode == .strong ? recipe : try grow(recipe, by: threads, data)
        setups.add(ScalingSetup(threads: threads, recipe: grown), to: mode)
      }
    }
    return setups
  }

  /// `recipe` with `factor` times as many rows in a minibatch, and as many shards, if their number was asked for.
  private func grow<Element>(_ recipe: Recipe, by factor: Int, _ data: TrainingData<Element>)
    throws(LockstepError) -> Recipe
  {
    let rows = data.count
    guard recipe.batchSize <= rows / factor else {
      throw LockstepError(
        .usage, "--batch-size",
        "weak scaling takes \(recipe.batchSize) rows a thread, and there are too few of them for \(factor) threads",
        found: "\(rows) rows", expected: "\(recipe.batchSize * factor) or more",
        remedy: "Choose a smaller --batch-size, fewer --threads, or --mode strong.")
    }
    var options = options.bareTraining
    options.batchSize = recipe.batchSize * factor
    if case .count(let shards) = options.shards { options.shards = .count(shards * factor) }
    return try data.recipe(options)
  }
}

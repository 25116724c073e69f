import Datasets
import Kernels
import Networks
import Primitives

/// How well a network does on some samples.
public struct Evaluation: Sendable, Equatable {
  /// The rows.
  public var samples: Int
  /// The mean loss: of rows with weights, the sum of the losses times these, over the number of rows, as in training.
  public var loss: Double
  /// The sum of the weights, if rows have any. The metrics below are weighted means then, over this sum; nil if it is 0.
  public var weight: Double?
  /// The root of the mean squared error, for numbers.
  public var rootMeanSquaredError: Double?
  /// The mean absolute error, for numbers.
  public var meanAbsoluteError: Double?
  /// The coefficient of determination, for numbers that are not constant.
  public var r2: Double?
  /// The part of right predictions, for classes.
  public var accuracy: Double?
  /// How often which class was taken for which, for at most ``mostClasses`` classes.
  public var confusion: ConfusionMatrix?

  /// More classes than these have no confusion matrix, which would be for nobody to read.
  public static let mostClasses = 1000
}

/// Some rows to be evaluated: features, targets and, if they have any, weights.
typealias EvaluatedRows<Element: Scalar> = (
  input: Matrix<Element>, targets: Targets<Element>, weights: UnsafeBufferPointer<Element>?
)

/// Evaluates networks on samples, with all workers of a team.
///
/// Rows are taken in blocks of a fixed size, and blocks are combined along the fixed tree: the result has the same bits
/// for any number of workers.
struct Evaluator<Element: Scalar> {
  let network: MLP
  let loss: Loss
  let team: WorkerTeam
  /// How the targets are normalised, if they are: metrics are of what they were before.
  var targetScaling: ColumnScaling?

  /// The rows of a block: few enough that a layer's outputs stay in the cache, and a function of the network alone.
  static func blockRows(for network: MLP) -> Int {
    let widest = network.layers.reduce(1) { max($0, $1.units) }
    return max(1, min(512, (1 << 20) / widest))
  }

  private struct Partial: Sendable {
    var lossSum: Double
    var weight: Double
    var regression: RegressionMetrics
    var classification: ClassificationMetrics

    static func merged(_ a: Partial, _ b: Partial) -> Partial {
      Partial(
        lossSum: a.lossSum + b.lossSum, weight: a.weight + b.weight,
        regression: .merged(a.regression, b.regression),
        classification: .merged(a.classification, b.classification))
    }
  }

  /// The evaluation of `parameters` on `samples`; `countingConfusions`, with the confusion matrix.
  func evaluate(
    _ samples: Samples<Element>, parameters: AlignedBuffer<Element>, countingConfusions: Bool = false
  ) -> Evaluation {
    let plan = Plan(network: network, count: samples.count, workers: team.count)
    let parts = team.map { worker in
      part(plan, worker, parameters, countingConfusions) {
        (samples.input($0), samples.targets($0), samples.weights($0))
      }
    }
    return joined(
      parts.compactMap { try? $0.get() }, count: samples.count, isWeighted: samples.weights != nil,
      countingConfusions)
  }

  /// The evaluation of `parameters` on the rows of `source`, each worker reading those that it evaluates.
  ///
  /// - Throws: ``LockstepError`` if rows cannot be read, are not finite or do not fit the network.
  func evaluate(
    _ source: any RowSource<Element>, parameters: AlignedBuffer<Element>, countingConfusions: Bool = false
  ) throws(LockstepError) -> Evaluation {
    let plan = Plan(network: network, count: source.count, workers: team.count)
    let outcomes = team.map { worker -> Result<Part, LockstepError> in
      do throws(LockstepError) {
        let block = try EvaluationBlock(source, rows: plan.blockRows, network: network, loss: loss)
        return part(plan, worker, parameters, countingConfusions) { rows throws(LockstepError) in
          try block.read(rows)
        }
      } catch {
        return .failure(error)
      }
    }
    var parts: [Part] = []
    // The first worker's failure is about the first rows.
    for outcome in outcomes { parts.append(try outcome.get()) }
    return joined(
      parts, count: source.count, isWeighted: source.weightName != nil, countingConfusions)
  }

  /// Which rows are evaluated together, and by whom.
  private struct Plan {
    let blockRows: Int
    let count: Int
    let workers: Int

    init(network: MLP, count: Int, workers: Int) {
      blockRows = Evaluator.blockRows(for: network)
      self.count = count
      self.workers = workers
    }

    func blocks(of worker: Int) -> Range<Int> {
      let blocks = (count + blockRows - 1) / blockRows
      return worker * blocks / workers..<(worker + 1) * blocks / workers
    }
  }

  /// What one worker found.
  private typealias Part = (metrics: PairwiseTree.Accumulator<Partial>, confusion: ConfusionMatrix?)

  private func part(
    _ plan: Plan, _ worker: Int, _ parameters: AlignedBuffer<Element>, _ countingConfusions: Bool,
    _ read: (Range<Int>) throws(LockstepError) -> EvaluatedRows<Element>
  ) -> Result<Part, LockstepError> {
    let workspace = Workspace<Element>(network: network, capacity: plan.blockRows)
    var metrics = PairwiseTree.Accumulator<Partial>()
    var confusion = countingConfusions ? confusableClasses.map { ConfusionMatrix(classes: $0) } : nil
    do throws(LockstepError) {
      for block in plan.blocks(of: worker) {
        let rows = block * plan.blockRows..<min((block + 1) * plan.blockRows, plan.count)
        let (input, targets, weights) = try read(rows)
        let found = partial(
          input, targets, weights, parameters: parameters, workspace: workspace, confusion: &confusion)
        metrics.append(found, leaf: block, combine: Partial.merged)
      }
    } catch {
      return .failure(error)
    }
    return .success((metrics, confusion))
  }

  private func joined(_ parts: [Part], count: Int, isWeighted: Bool, _ countingConfusions: Bool)
    -> Evaluation
  {
    let all = PairwiseTree.Accumulator.joined(parts.map(\.metrics), combine: Partial.merged)
    guard let all else { return Evaluation(samples: 0, loss: .nan) }
    let divisor = Double(count * loss.divisor(outputs: network.outputs))
    var result = Evaluation(samples: count, loss: all.lossSum / divisor)
    result.weight = isWeighted ? all.weight : nil
    if all.weight == 0 {
      // No row counts: there is nothing to be said of any.
    } else if loss.task == .numbers {
      result.rootMeanSquaredError = all.regression.rootMeanSquaredError
      result.meanAbsoluteError = all.regression.meanAbsoluteError
      result.r2 = all.regression.r2
    } else {
      result.accuracy = all.classification.accuracy
    }
    // Counts are exact in any order.
    if countingConfusions { result.confusion = confusableClasses.map { ConfusionMatrix(classes: $0) } }
    for part in parts {
      if let confusion = part.confusion { result.confusion? += confusion }
    }
    return result
  }

  /// The classes that one prediction a row chooses from, if there is one.
  private var confusableClasses: Int? {
    if loss == .crossEntropy { return network.outputs <= Evaluation.mostClasses ? network.outputs : nil }
    return loss == .binaryCrossEntropy && network.outputs == 1 ? 2 : nil
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  private func partial(
    _ input: Matrix<Element>, _ targets: Targets<Element>, _ weights: UnsafeBufferPointer<Element>?,
    parameters: AlignedBuffer<Element>, workspace: Workspace<Element>, confusion: inout ConfusionMatrix?
  ) -> Partial {
    let (sum, outputs) = workspace.evaluate(
      input: input, targets: targets, weights: weights,
      parameters: UnsafeBufferPointer(parameters.elements), loss: loss)
    var partial = Partial(
      lossSum: Double(sum),
      weight: weights.map { $0.reduce(0) { $0 + Double($1) } } ?? Double(input.rows),
      regression: RegressionMetrics(targets: network.outputs),
      classification: ClassificationMetrics())
    switch (loss.task, targets) {
    case (.numbers, .values(let truth)): add(outputs, truth, weights, to: &partial.regression)
    case (_, .values(let truth)):
      partial.classification.add(probabilities: outputs, targets: truth, weights: weights)
      confusion?.add(probabilities: outputs, targets: truth, weights: weights)
    case (_, .labels(let labels)):
      partial.classification.add(outputs: outputs, labels: labels, weights: weights)
      confusion?.add(outputs: outputs, labels: labels, weights: weights)
    }
    return partial
  }
}

extension Evaluator {
  /// Adds errors to `metrics`, in the size that targets had before they were normalised.
  private func add(
    _ outputs: Matrix<Element>, _ truth: Matrix<Element>, _ weights: UnsafeBufferPointer<Element>?,
    to metrics: inout RegressionMetrics
  ) {
    guard let targetScaling else {
      return metrics.add(outputs: outputs, targets: truth, weights: weights)
    }
    let copies = [outputs, truth].map { AlignedBuffer($0.elements, filler: 0) }
    withExtendedLifetime(copies) {
      let matrices = copies.map { copy in
        targetScaling.undo(copy.elements)
        return Matrix(UnsafeBufferPointer(copy.elements), rows: truth.rows, columns: truth.columns)
      }
      metrics.add(outputs: matrices[0], targets: matrices[1], weights: weights)
    }
  }
}

extension Samples {
  /// A view of the features of consecutive rows.
  func input(_ rows: Range<Int>) -> Matrix<Element> {
    Matrix(
      UnsafeBufferPointer(
        rebasing: x.elements[rows.lowerBound * features..<rows.upperBound * features]),
      rows: rows.count, columns: features)
  }

  /// A view of the weights of consecutive rows, if they have any.
  func weights(_ rows: Range<Int>) -> UnsafeBufferPointer<Element>? {
    weights.map { UnsafeBufferPointer(rebasing: $0.elements[rows]) }
  }

  /// A view of the targets of consecutive rows.
  func targets(_ rows: Range<Int>) -> Targets<Element> {
    switch targets {
    case .values(let values, let columns):
      let part = values.elements[rows.lowerBound * columns..<rows.upperBound * columns]
      return .values(
        Matrix(UnsafeBufferPointer(rebasing: part), rows: rows.count, columns: columns))
    case .labels(let labels, _):
      return .labels(UnsafeBufferPointer(rebasing: labels.elements[rows]))
    }
  }
}

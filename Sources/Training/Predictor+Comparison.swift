import Datasets
import HDF5
import Kernels
import Networks
import Primitives

/// What a network makes of some samples, beside what they are.
public struct PredictionComparison: Sendable {
  /// The rows of the file that were chosen.
  public var rows: [Int]
  /// Rows by features, row-major.
  public var features: [Double]
  /// Rows by the network's outputs, row-major; or one class a row.
  public var targets: [Double]
  /// Rows by the network's outputs, row-major: of classes, probabilities.
  public var outputs: [Double]
}

extension Predictor {
  /// The network's outputs for some rows of features: row-major, like the result. A row's outputs depend on the row alone.
  ///
  /// - Precondition: `features` are whole rows of the network's inputs.
  public func outputs(_ features: [Double]) -> [Double] {
    precondition(features.count % recipe.network.inputs == 0)
    switch checkpoint {
    case .float32(let checkpoint): return outputs(checkpoint, features)
    case .float64(let checkpoint): return outputs(checkpoint, features)
    }
  }

  private func outputs<Element: Scalar & HDF5Element>(_ checkpoint: Checkpoint<Element>, _ features: [Double])
    -> [Double]
  {
    let network = checkpoint.recipe.network
    let rows = features.count / network.inputs
    if rows == 0 { return [] }
    let outputs = AlignedBuffer<Element>(repeating: 0, count: rows * network.outputs)
    run(
      network, AlignedBuffer(checkpoint.modelParameters, filler: 0), rows: rows,
      x: AlignedBuffer(features.map { Element($0) }, filler: 0), outputs: outputs)
    return outputs.array.map { Double($0) }
  }

  /// The network's outputs for samples of a file: all, or `limit` of them, evenly spread.
  ///
  /// - Throws: ``LockstepError`` if the file cannot be read or does not fit the network.
  public func compare(_ location: DatasetLocation, limit: Int) throws(LockstepError) -> PredictionComparison {
    switch checkpoint {
    case .float32: try compare(location, limit: limit, as: Float.self)
    case .float64: try compare(location, limit: limit, as: Double.self)
    }
  }

  private func compare<Element: Scalar & HDF5Element>(
    _ location: DatasetLocation, limit: Int, as type: Element.Type
  ) throws(LockstepError) -> PredictionComparison {
    let source: any RowSource<Element> = try self.rows(location)
    let block = try EvaluationBlock(source, rows: 1, network: recipe.network, loss: recipe.loss)
    let count = min(limit, source.count)
    let rows = (0..<count).map { $0 * source.count / count }
    var (features, targets): ([Double], [Double]) = ([], [])
    for row in rows {
      let (input, truth, _) = try block.read(row..<row + 1)
      features += input.elements.map { Double($0) }
      switch truth {
      case .values(let values): targets += values.elements.map { Double($0) }
      case .labels(let labels): targets += labels.map { Double($0) }
      }
    }
    return PredictionComparison(rows: rows, features: features, targets: targets, outputs: outputs(features))
  }
}

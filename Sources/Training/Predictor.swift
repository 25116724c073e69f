import Datasets
import HDF5
import Kernels
import Networks
import Primitives

/// A trained network, ready to be applied to files.
public struct Predictor: Sendable {
  let checkpoint: AnyCheckpoint
  private let path: String
  private let team: WorkerTeam

  /// The network of the checkpoint at `path`; with `best`, its parameters of the best validation loss.
  ///
  /// - Throws: ``LockstepError`` if there is no checkpoint, or no best one.
  public init(checkpoint path: String, best: Bool = false, threads: ThreadChoice = .automatic)
    throws(LockstepError)
  {
    var checkpoint = try AnyCheckpoint(reading: path)
    if best { try checkpoint.takeBest(path) }
    self.checkpoint = checkpoint
    self.path = path
    try threads.check()
    switch threads {
    case .automatic:
      team = try WorkerTeam(trying: min(CPUBudget.current.cpus, WorkerTeam.mostWorkers))
    case .count(let count): team = try WorkerTeam(trying: count)
    }
  }

  /// The recipe that the network was trained with.
  public var recipe: Recipe { checkpoint.recipe }

  /// How well the network does on the samples of a file.
  ///
  /// - Throws: ``LockstepError`` if the file cannot be read or does not fit the network.
  public func evaluate(_ location: DatasetLocation) throws(LockstepError) -> Evaluation {
    switch checkpoint {
    case .float32(let checkpoint): try evaluate(checkpoint, location)
    case .float64(let checkpoint): try evaluate(checkpoint, location)
    }
  }

  private func evaluate<Element: Scalar & HDF5Element>(
    _ checkpoint: Checkpoint<Element>, _ location: DatasetLocation
  ) throws(LockstepError) -> Evaluation {
    try checkMemory(as: Element.self)
    let source: any RowSource<Element> = try rows(location)
    let recipe = checkpoint.recipe
    let evaluation = try Evaluator(
      network: recipe.network, loss: recipe.loss, team: team, targetScaling: checkpoint.normalization?.y
    ).evaluate(
      checkpoint.normalization.map { NormalizedRows(source, $0) } ?? source,
      parameters: AlignedBuffer(checkpoint.modelParameters, filler: 0), countingConfusions: true)
    try source.requireUnchanged()
    return evaluation
  }

  /// The samples of a file, or generated ones, which have to fit the network.
  func rows<Element: Scalar & HDF5Element>(_ location: DatasetLocation) throws(LockstepError)
    -> any RowSource<Element>
  {
    let input = try SampleInput(location)
    try requireFeatures(input.features, location)
    let usesLabels = recipe.loss.task == .classes
    if !usesLabels, input.targets != recipe.network.outputs {
      throw LockstepError(
        .badData, location.yName, "the targets do not fit the checkpoint \(path)",
        found: "\(input.targets) a row", expected: "\(recipe.network.outputs)",
        remedy: "Name the data that it was trained for.")
    }
    let rows: any RowSource<Element> = try input.rows(role: usesLabels ? .labels : .values)
    guard let features = recipe.features else { return rows }
    return try SelectedRows(rows, features)
  }

  /// Writes the network's predictions for the features of a file to a new dataset file: `/y`, numbers or classes, for
  /// classes also `/probability`, and `/x` if asked for. Memory is bounded whatever the number of rows.
  ///
  /// - Returns: the number of rows.
  /// - Throws: ``LockstepError``; nothing is left behind then.
  public func predict(
    _ location: DatasetLocation, to output: String, includingFeatures: Bool = false, source: String
  ) throws(LockstepError) -> Int {
    switch checkpoint {
    case .float32(let checkpoint):
      try predict(checkpoint, location, to: output, includingFeatures: includingFeatures, source: source)
    case .float64(let checkpoint):
      try predict(checkpoint, location, to: output, includingFeatures: includingFeatures, source: source)
    }
  }

  private func predict<Element: Scalar & HDF5Element>(
    _ checkpoint: Checkpoint<Element>, _ location: DatasetLocation, to output: String,
    includingFeatures: Bool, source: String
  ) throws(LockstepError) -> Int {
    let file = try FeatureFile(location)
    try requireFeatures(file.features, location)
    try file.requireOther(than: output, option: "--output")
    if let found = FileIdentity(output), found == FileIdentity(path) {
      throw LockstepError(
        .cannotCreate, output, "is the checkpoint", remedy: "Choose another --output.")
    }
    try checkMemory(as: Element.self)
    let readers = try (0..<team.count).map { _ throws(LockstepError) in try file.makeReader() }
    let staged = try StagedFile(replacing: output)
    do throws(LockstepError) {
      let writer = try PredictionWriter<Element>(
        staged.temporary, network: checkpoint.recipe.network, rows: file.rows,
        features: includingFeatures ? file.features : nil, source: source)
      try writer.describe(
        x: file.descriptions,
        y: file.targetDescriptions(columns: recipe.loss.task == .classes ? 1 : writer.network.outputs))
      let parameters = AlignedBuffer(checkpoint.modelParameters, filler: 0)
      let blockRows = min(file.rows, max(1, (1 << 20) / max(file.features, writer.network.outputs)))
      let x = AlignedBuffer<Element>(repeating: 0, count: blockRows * file.features)
      let selected =
        recipe.features == nil ? x : AlignedBuffer(repeating: 0, count: blockRows * writer.network.inputs)
      let outputs = AlignedBuffer<Element>(repeating: 0, count: blockRows * writer.network.outputs)
      var start = 0
      while start < file.rows {
        let rows = start..<min(start + blockRows, file.rows)
        let input = UnsafeMutableBufferPointer(rebasing: x.elements[..<(rows.count * file.features)])
        try read(rows, of: file.features, by: readers, into: input)
        let taken = UnsafeMutableBufferPointer(
          rebasing: selected.elements[..<(rows.count * writer.network.inputs)])
        recipe.features?.copy(from: UnsafeBufferPointer(input), width: file.features, to: taken)
        run(writer.network, parameters, rows: rows.count, x: selected, outputs: outputs)
        try writer.write(rows, x: UnsafeBufferPointer(input), outputs: outputs)
        start = rows.upperBound
      }
      withExtendedLifetime(x) {}
      try file.requireUnchanged()
      try writer.close()
    } catch {
      throw error.renaming(staged.temporary, to: output)
    }
    try staged.commit()
    return file.rows
  }

  /// Reads the features of `rows`, each worker those of some.
  private func read<Element: Scalar & HDF5Element>(
    _ rows: Range<Int>, of features: Int, by readers: [FeatureReader],
    into values: UnsafeMutableBufferPointer<Element>
  ) throws(LockstepError) {
    let shared = SharedRead(readers: readers, values: values)
    let outcomes = team.map { worker -> Result<Void, LockstepError> in
      let part = worker * rows.count / team.count..<(worker + 1) * rows.count / team.count
      guard !part.isEmpty else { return .success(()) }
      do throws(LockstepError) {
        return .success(
          try shared.readers[worker].read(
            rows.lowerBound + part.lowerBound..<rows.lowerBound + part.upperBound,
            into: UnsafeMutableBufferPointer(
              rebasing: shared.values[part.lowerBound * features..<part.upperBound * features])))
      } catch {
        return .failure(error)
      }
    }
    // The first worker's failure is about the first rows.
    for outcome in outcomes { try outcome.get() }
  }

  /// Runs the network over the first `rows` rows of `x`, all workers together. A row's outputs depend on the row alone; where
  /// the network was trained on normalised samples, features are normalised, and outputs brought back to the targets' size.
  func run<Element: Scalar>(
    _ network: MLP, _ parameters: AlignedBuffer<Element>, rows: Int, x: AlignedBuffer<Element>,
    outputs: AlignedBuffer<Element>
  ) {
    let piece = Evaluator<Element>.blockRows(for: network)
    let pieces = (rows + piece - 1) / piece
    let normalization = checkpoint.normalization
    team.run { worker in
      let workspace = Workspace<Element>(network: network, capacity: piece)
      let normalized = AlignedBuffer<Element>(
        repeating: 0, count: normalization == nil ? 0 : piece * network.inputs)
      for index in worker * pieces / team.count..<(worker + 1) * pieces / team.count {
        let part = index * piece..<min((index + 1) * piece, rows)
        let (features, width) = (network.inputs, network.outputs)
        var input = UnsafeMutableBufferPointer(
          rebasing: x.elements[part.lowerBound * features..<part.upperBound * features])
        if let normalization {
          let copy = UnsafeMutableBufferPointer(rebasing: normalized.elements[..<input.count])
          _ = copy.update(fromContentsOf: input)
          normalization.x.apply(to: copy)
          input = copy
        }
        let result = predict(
          Matrix(UnsafeBufferPointer(input), rows: part.count, columns: features), parameters, workspace)
        // The result lies in the workspace.
        let place = UnsafeMutableBufferPointer(
          rebasing: outputs.elements[part.lowerBound * width..<part.upperBound * width])
        withExtendedLifetime((workspace, normalized)) {
          _ = place.update(fromContentsOf: result.elements)
        }
        normalization?.y?.undo(place)
      }
    }
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  private func predict<Element: Scalar>(
    _ input: Matrix<Element>, _ parameters: AlignedBuffer<Element>, _ workspace: Workspace<Element>
  ) -> Matrix<Element> {
    workspace.predict(input: input, parameters: UnsafeBufferPointer(parameters.elements))
  }

  private func checkMemory<Element: Scalar>(as type: Element.Type) throws(LockstepError) {
    try MemoryPlan(evaluating: recipe.network, workers: team.count, as: type).check(
      path, "running \(recipe.network.summary)", remedy: "Use fewer threads.")
  }

  private func requireFeatures(_ features: Int, _ location: DatasetLocation) throws(LockstepError) {
    if let last = recipe.features?.columns.max() {
      guard last < features else {
        throw LockstepError(
          .badData, location.xName, "there are too few features for the checkpoint \(path)",
          found: "\(features) a row", expected: "at least \(last + 1), of which it takes some",
          remedy: "Name data of the kind that it was trained on.")
      }
      return
    }
    guard features == recipe.network.inputs else {
      throw LockstepError(
        .badData, location.xName, "the features do not fit the checkpoint \(path)",
        found: "\(features) a row", expected: "\(recipe.network.inputs)",
        remedy: "Name the data that it was trained for.")
    }
  }
}

/// What workers read with, and to.
///
/// `Sendable` is unchecked because nothing is locked: each worker uses the reader of its number and a part of the memory that no
/// other has, and whoever started them waits for all before it goes on.
private struct SharedRead<Element: Scalar>: @unchecked Sendable {
  let readers: [FeatureReader]
  let values: UnsafeMutableBufferPointer<Element>
}

/// Writes predictions as they are made.
private struct PredictionWriter<Element: Scalar & HDF5Element>: ~Copyable {
  let network: MLP
  private let file: File
  private let y: Dataset
  private let probability: Dataset?
  private let x: Dataset?

  init(_ path: String, network: MLP, rows: Int, features: Int?, source: String) throws(LockstepError) {
    let isClassifier = network.outputActivation == .softmax
    let outputs = network.outputs
    self = try withHDF5Errors { () throws(HDF5Error) in
      let file = try File(creating: path)
      try file.setAttribute("schema", "lockstep-dataset")
      try file.setAttribute("schema_version", 1)
      try file.setAttribute("title", "predictions of a \(network.summary) network")
      try file.setAttribute("source", source)
      let y = try file.createDataset(
        "/y", shape: isClassifier ? [rows] : [rows, outputs],
        type: isClassifier ? Int32.elementType : Element.elementType)
      try y.setAttribute("long_name", isClassifier ? "predicted class" : "prediction")
      let probability =
        isClassifier
        ? try file.createDataset("/probability", shape: [rows, outputs], type: Element.elementType) : nil
      let x =
        try features.map { columns throws(HDF5Error) in
          try file.createDataset("/x", shape: [rows, columns], type: Element.elementType)
        }
      return PredictionWriter(network: network, file: file, y: y, probability: probability, x: x)
    }
  }

  private init(
    network: MLP, file: consuming File, y: consuming Dataset, probability: consuming Dataset?,
    x: consuming Dataset?
  ) {
    self.network = network
    self.file = file
    self.y = y
    self.probability = probability
    self.x = x
  }

  /// Says of the features what the file that they are from says, and of predictions what it says of the targets.
  func describe(
    x features: [(name: String, value: AttributeValue)], y targets: [(name: String, value: AttributeValue)]
  ) throws(LockstepError) {
    try withHDF5Errors { () throws(HDF5Error) in
      for (name, value) in features { try x?.setAttributeValue(name, value) }
      // What they are is said already: predictions.
      for (name, value) in targets where name != "long_name" { try y.setAttributeValue(name, value) }
    }
  }

  func write(
    _ rows: Range<Int>, x features: UnsafeBufferPointer<Element>, outputs: AlignedBuffer<Element>
  ) throws(LockstepError) {
    let width = network.outputs
    let values = UnsafeBufferPointer(rebasing: outputs.elements[..<(rows.count * width)])
    try withHDF5Errors { () throws(HDF5Error) in
      try x?.write(.rows(rows), from: features)
      try probability?.write(.rows(rows), from: values)
      if network.outputActivation == .softmax {
        let scores = Matrix(values, rows: rows.count, columns: width)
        let classes = (0..<rows.count).map {
          Int32(ClassificationMetrics.predictedClass(scores.row($0)))
        }
        try y.write(.rows(rows), from: classes)
      } else {
        try y.write(.rows(rows), from: values)
      }
    }
  }

  consuming func close() throws(LockstepError) {
    do throws(HDF5Error) {
      try file.close()
    } catch {
      throw LockstepError(error)
    }
  }
}

extension AnyCheckpoint {
  /// How the samples that were trained on were normalised, if they were.
  var normalization: Normalization? {
    switch self {
    case .float32(let checkpoint): checkpoint.normalization
    case .float64(let checkpoint): checkpoint.normalization
    }
  }

  /// What decided the numbers.
  public var recipe: Recipe {
    switch self {
    case .float32(let checkpoint): checkpoint.recipe
    case .float64(let checkpoint): checkpoint.recipe
    }
  }

  /// Puts the parameters of the best validation loss in place of the last ones.
  fileprivate mutating func takeBest(_ path: String) throws(LockstepError) {
    switch self {
    case .float32(var checkpoint):
      try Self.takeBest(of: &checkpoint, path)
      self = .float32(checkpoint)
    case .float64(var checkpoint):
      try Self.takeBest(of: &checkpoint, path)
      self = .float64(checkpoint)
    }
  }

  private static func takeBest<Element>(of checkpoint: inout Checkpoint<Element>, _ path: String)
    throws(LockstepError)
  {
    guard !checkpoint.bestParameters.isEmpty else {
      throw LockstepError(
        .badData, path, "has no best parameters", remedy: "Train with validation, or leave --best out.")
    }
    checkpoint.parameters = checkpoint.bestParameters
  }
}

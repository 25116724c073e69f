import Datasets
import HDF5
import Kernels
import Networks
import Primitives

/// The samples that a run is to train on, looked at and checked against what is asked of them: in memory if they fit there,
/// else where they lie.
struct TrainingData<Element: Scalar & HDF5Element> {
  /// What a pass over the samples gave.
  private(set) var samples: LoadedSamples<Element>
  /// The rows to train on, if they were left where they are.
  let elsewhere: (any RowSource<Element>)?
  /// What messages call the weights of rows; nil if these have none.
  let weightName: String?
  /// The features that are taken; nil for all.
  let selection: FeatureSelection?
  /// The rows that are trained on.
  let count: Int
  /// The features of a row.
  let features: Int
  /// The bytes of a row in memory.
  let rowBytes: Int
  /// The rows of the source that are best read together.
  private let chunkRows: Int
  /// The bytes of a row in a decoded chunk, which may have other numbers than memory; 0 if there are no chunks.
  private let decodedRowBytes: Double
  /// The rows to measure the loss on, if any: kept aside, or from a file of their own.
  let validation: ValidationSamples<Element>?
  /// The digest of the samples of a validation file; empty without one.
  let validationDigest: String
  /// The rows of the data and of the validation file that were left out, because they cannot be trained on.
  let (skipped, validationSkipped): (Int, Int)
  /// The loss that goes with the targets, or the one asked for.
  let loss: Loss

  /// Reads the files that `options` name.
  ///
  /// - Throws: ``LockstepError`` if a file cannot be read or its contents do not go with the options, or not into memory.
  init(_ options: TrainingOptions, as type: Element.Type) throws(LockstepError) {
    let input = try SampleInput(options.data)
    try Self.requireOther(input, than: options)
    let (loss, role) = options.resolvedLoss(hasIntegerTargets: input.hasIntegerTargets)
    let (count, names) = (input.features, input.featureNames)
    let selection = try options.features.map { texts throws(LockstepError) in
      try FeatureSelection(texts, names: names, count: count, of: options.data.xName)
    }
    let (source, skipped) = try Self.open(input, role, selection, options)
    let split: Split? =
      options.validationFraction > 0
      ? try Split(
        count: source.count, validationFraction: options.validationFraction, seed: options.seed) : nil
    let isInMemory = Double(source.count) * Double(source.rowBytes) <= options.sampleBudget
    let asideBytes = Double(split?.validationCount ?? 0) * Double(source.rowBytes)
    let samples = try SamplesLoader<Element>(
      source, split: split, keepsTraining: isInMemory,
      keepsValidation: isInMemory || asideBytes <= options.sampleBudget / 2,
      normalization: .measured(options.normalization, ofTargets: loss.task == .numbers),
      threads: CPUBudget.current.cpus
    ).load()
    let (validation, validationDigest, validationSkipped) = try Self.validation(
      samples, source, split, options, role: role, selection)
    if loss.task == .probabilities, let target = samples.firstImprobableTarget {
      throw LockstepError.improbableTarget(target, options.data.yName)
    }
    if options.loss == nil, role == .labels,
      let error = LockstepError.tooManyClasses(samples.outputs, rows: source.count, in: options.data)
    {
      throw error
    }
    weightName = source.weightName
    self.selection = selection
    self.count = source.count - (split?.validationCount ?? 0)
    features = source.features
    rowBytes = source.rowBytes
    chunkRows = source.preferredRows
    // A reader has a chunk twice, before and after each filter.
    decodedRowBytes = Double(source.readerBytes) / 2 / Double(max(1, source.preferredRows))
    elsewhere = isInMemory ? nil : try Self.rows(source, split, samples.normalization, options)
    self.validation = try Self.fitting(validation, beside: elsewhere, samples, source, split, options)
    self.samples = samples
    self.samples.validation = nil
    self.validationDigest = validationDigest
    (self.skipped, self.validationSkipped) = (skipped, validationSkipped)
    self.loss = loss
  }

  /// The recipe that `options` give for these samples.
  func recipe(_ options: TrainingOptions) throws(LockstepError) -> Recipe {
    let shuffle = try options.shuffle.shuffle(
      rowBytes: rowBytes, count: count, isInMemory: elsewhere == nil)
    var recipe = try options.recipe(
      rows: count, features: features, outputs: max(samples.outputs, validation?.outputs ?? 0), loss: loss,
      shuffle: shuffle)
    recipe.features = selection
    recipe.isWeighted = weightName != nil
    return recipe
  }

  /// The chunks, if the rows are streamed by blocks of a quarter of one or less, and there is room for `roomForChunks` bytes of
  /// decoded ones, but not for all.
  func oversizedChunk(_ shuffle: Shuffle, roomForChunks: Int) -> TrainingStart.OversizedChunk? {
    guard elsewhere != nil, case .blocks(let shape) = shuffle, chunkRows >= 4 * shape.blockRows else {
      return nil
    }
    let all = Double(count) * decodedRowBytes
    guard all > Double(roomForChunks) else { return nil }
    let rows = 1 << (Int.bitWidth - (chunkRows - 1).leadingZeroBitCount)
    let shared = Double(BlockShape.standardBlocks) * Double(rows) * decodedRowBytes
    let areKept = min(all, shared) <= Double(roomForChunks)
    return TrainingStart.OversizedChunk(rows: chunkRows, blockRows: areKept ? rows : nil)
  }

  /// The samples as `recipe` takes them.
  func training(_ recipe: Recipe, _ options: TrainingOptions) throws(LockstepError) -> TrainingSamples<
    Element
  > {
    if let training = samples.training { return .memory(training) }
    guard let elsewhere else { preconditionFailure("samples are in memory or elsewhere") }
    let shape =
      if case .blocks(let shape) = recipe.shuffle { shape } else {
        try options.shuffle.shape(rowBytes: rowBytes, count: count)
      }
    let threads = CPUBudget.current.cpus
    let validationBytes = validation?.bytes(readers: threads) ?? 0
    let spent = validationBytes + Double(threads * elsewhere.readerBytes)
    var plan = SampleStream<Element>.Plan(
      shuffle: recipe.shuffle, shape: shape, seed: recipe.seed, batchSize: recipe.batchSize,
      epochs: options.epochs, budget: Int(min(options.sampleBudget, 1e18)), threads: threads,
      pastCache: options.fileAccess.isDirect(bytes: Double(count) * Double(rowBytes)))
    plan.spent = Int(min(spent, 1e18))
    // Nobody who named no budget expects so much for what training can do without.
    if options.memoryBudget == nil { plan.mostKept = MemoryBudget.available / 2 }
    return .stream(try SampleStream(elsewhere, outputs: samples.outputs, plan: plan))
  }

  /// Throws if writing would destroy the samples, which may be in other files than those that are named.
  private static func requireOther(_ input: borrowing SampleInput, than options: TrainingOptions)
    throws(LockstepError)
  {
    try input.requireOther(than: options.output, option: "--output")
    try input.requireOther(than: options.log, option: "--log")
  }

  /// The rows that are named, with the features that are taken and without rows that are to be left out, and how many these are.
  private static func open(
    _ input: consuming SampleInput, _ role: TargetRole, _ selection: FeatureSelection?,
    _ options: TrainingOptions
  ) throws(LockstepError) -> (rows: any RowSource<Element>, skipped: Int) {
    var rows = try input.rows(role: role, as: Element.self)
    var skipped = 0
    // Generated rows are always valid.
    if options.skipsInvalid, let file = rows as? FileRows<Element> {
      let valid = try file.validRows(threads: CPUBudget.current.cpus)
      (rows, skipped) = (valid, valid.skipped)
    }
    guard let selection else { return (rows, skipped) }
    return (try SelectedRows(rows, selection), skipped)
  }

  /// The rows to train on, where they are, as they are wanted.
  private static func rows(
    _ source: any RowSource<Element>, _ split: Split?, _ normalization: Normalization?,
    _ options: TrainingOptions
  ) throws(LockstepError) -> any RowSource<Element> {
    var rows = source
    if let split {
      let shape = try options.shuffle.shape(
        rowBytes: source.rowBytes, count: split.count - split.validationCount)
      // A whole part of a block, and among about as many rows as two blocks at most.
      let share = split.count / (split.count - split.validationCount)
      let parts = 1 << (Int.bitWidth - 1 - share.leadingZeroBitCount)
      rows = KeptRows(source, split: split, stride: max(1, shape.partRows / parts))
    }
    return normalized(rows, normalization)
  }

  /// The validation samples, in memory if there is room beside the others, and the digest of their file and what was left out of
  /// it if they have one.
  private static func validation(
    _ samples: LoadedSamples<Element>, _ source: any RowSource<Element>, _ split: Split?,
    _ options: TrainingOptions, role: TargetRole, _ selection: FeatureSelection?
  ) throws(LockstepError) -> (samples: ValidationSamples<Element>?, digest: String, skipped: Int) {
    guard let location = options.validation else {
      return (try aside(samples, source, split, options), "", 0)
    }
    let input = try SampleInput(location)
    try requireOther(input, than: options)
    let (rows, skipped) = try open(input, role, selection, options)
    try requireSameShape(rows, as: source, of: options.data)
    let trainingBytes =
      samples.training.map { Double($0.count) * Double($0.rowBytes) } ?? options.sampleBudget / 2
    let isInMemory = Double(rows.count) * Double(rows.rowBytes) <= options.sampleBudget - trainingBytes
    let loaded = try SamplesLoader<Element>(
      rows, keepsTraining: isInMemory, normalization: .given(samples.normalization),
      threads: CPUBudget.current.cpus
    ).load()
    if options.loss?.task == .probabilities, let target = loaded.firstImprobableTarget {
      throw LockstepError.improbableTarget(target, location.yName)
    }
    let validation: ValidationSamples<Element> =
      loaded.training.map { .memory($0) }
      ?? .elsewhere(normalized(rows, samples.normalization), outputs: loaded.outputs)
    return (validation, loaded.digest.description, skipped)
  }

  /// The rows that are kept aside, if any.
  private static func aside(
    _ samples: LoadedSamples<Element>, _ source: any RowSource<Element>, _ split: Split?,
    _ options: TrainingOptions
  ) throws(LockstepError) -> ValidationSamples<Element>? {
    guard let split else { return nil }
    return samples.validation.map { .memory($0) } ?? asideElsewhere(samples, source, split)
  }

  /// The rows that are kept aside, where they are.
  private static func asideElsewhere(
    _ samples: LoadedSamples<Element>, _ source: any RowSource<Element>, _ split: Split
  ) -> ValidationSamples<Element> {
    // About a block of the source's rows at a time, and few rows more than an evaluation wants at once.
    let partRows = BlockShape(rowBytes: source.rowBytes, count: 0).partRows
    let stride = max(
      1, Int(min(64, Double(partRows) * Double(split.validationCount) / Double(split.count))))
    let rows = KeptRows(source, split: split, stride: stride, side: .validation)
    return .elsewhere(normalized(rows, samples.normalization), outputs: samples.outputs)
  }

  /// `validation`; or the same rows where they are, if they leave no room in memory for what a stream of the others needs.
  private static func fitting(
    _ validation: ValidationSamples<Element>?, beside elsewhere: (any RowSource<Element>)?,
    _ samples: LoadedSamples<Element>, _ source: any RowSource<Element>, _ split: Split?,
    _ options: TrainingOptions
  ) throws(LockstepError) -> ValidationSamples<Element>? {
    guard let elsewhere, let split, let validation, samples.validation != nil else { return validation }
    let threads = CPUBudget.current.cpus
    let shape = try options.shuffle.shape(rowBytes: elsewhere.rowBytes, count: elsewhere.count)
    let plan = SampleStream<Element>.Plan(
      shuffle: options.shuffle.way == .unshuffled ? .none : .blocks(shape), shape: shape, seed: options.seed,
      batchSize: min(options.batchSize, elsewhere.count), epochs: options.epochs, budget: 0, threads: threads)
    let room =
      options.sampleBudget - plan.leastBytes(elsewhere.count, rowBytes: elsewhere.rowBytes)
      - Double(threads * elsewhere.readerBytes)
    if validation.bytes(readers: threads) <= room { return validation }
    let there = asideElsewhere(samples, source, split)
    return there.bytes(readers: threads) <= room ? there : validation
  }

  private static func normalized(_ rows: any RowSource<Element>, _ normalization: Normalization?)
    -> any RowSource<Element>
  {
    normalization.map { NormalizedRows(rows, $0) } ?? rows
  }

  private static func requireSameShape(
    _ rows: any RowSource<Element>, as source: any RowSource<Element>, of data: DatasetLocation
  ) throws(LockstepError) {
    var (name, own, other) = (rows.names.x, rows.features, source.features)
    if own == other { (name, own, other) = (rows.names.y, rows.targets.columns, source.targets.columns) }
    guard own == other else {
      throw LockstepError(
        .badData, name, "the rows are not like those of \(data.file)", found: "\(own) columns",
        expected: "\(other)", remedy: "Name a --validation file of the same kind.")
    }
  }
}

extension TrainingOptions {
  /// The bytes that samples may take: three quarters of what there is, unless said otherwise.
  var sampleBudget: Double { memoryBudget.map { Double($0) } ?? Double(MemoryBudget.bytes) * 0.75 }
}

extension LockstepError {
  /// The error about a target that is not a probability; `name` says where it is from.
  static func improbableTarget<Element: Scalar>(_ target: Element, _ name: String)
    -> LockstepError
  {
    LockstepError(
      .badData, name, "a target is not a probability, as binary-cross-entropy needs",
      found: "\(target)", expected: "numbers from 0 to 1", remedy: "Choose --loss mse.")
  }
}

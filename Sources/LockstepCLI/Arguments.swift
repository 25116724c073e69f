import ArgumentParser
import Lockstep

extension Initializer: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}

/// A loss, or the one that goes with the targets.
enum LossChoice: ExpressibleByArgument {
  case automatic
  case loss(Loss)

  init?(argument: String) {
    if argument == "auto" {
      self = .automatic
    } else if let loss = Loss(name: argument) {
      self = .loss(loss)
    } else {
      return nil
    }
  }

  static var allValueStrings: [String] { ["auto"] + Loss.all.map(\.name) }
  var defaultValueDescription: String { loss?.name ?? "auto" }

  /// The loss, or nil for automatic.
  var loss: Loss? {
    if case .loss(let loss) = self { return loss }
    return nil
  }
}

/// How chunks are compressed.
enum Compression: ExpressibleByArgument, Equatable {
  case none
  case gzip(level: Int)

  init?(argument: String) {
    if argument == "none" {
      self = .none
    } else if argument == "gzip" {
      self = .gzip(level: 4)
    } else if argument.hasPrefix("gzip:"), let level = Int(argument.dropFirst(5)), (0...9).contains(level) {
      self = .gzip(level: level)
    } else {
      return nil
    }
  }

  var defaultValueDescription: String { level.map { "gzip:\($0)" } ?? "none" }

  /// The level, or nil for no compression.
  var level: Int? {
    if case .gzip(let level) = self { return level }
    return nil
  }
}

/// "auto" or a positive number.
enum AutomaticOrCount {
  static func parse(_ text: String, upTo limit: Int) throws -> Int? {
    if text == "auto" { return nil }
    guard let count = Int(text), count >= 1, count <= limit else {
      throw ValidationError("it must be auto or a whole number from 1 to \(limit).")
    }
    return count
  }

  static func threads(_ text: String) throws -> ThreadChoice {
    try parse(text, upTo: WorkerTeam.mostWorkers).map(ThreadChoice.count) ?? .automatic
  }

  static func shards(_ text: String) throws -> ShardChoice {
    try parse(text, upTo: Recipe.mostShards).map(ShardChoice.count) ?? .automatic
  }
}

/// Checks of numbers, for use as transforms of options.
enum Parse {
  static func positive(_ text: String) throws -> Int {
    guard let value = Int(text), value >= 1 else {
      throw ValidationError("it must be a whole number from 1 up.")
    }
    return value
  }

  /// A number of bytes, such as 4096, 256MiB, 1.5GB or 2G; letters alone are powers of 1024.
  static func bytes(_ text: String) throws -> Int {
    let digits = text.prefix { $0.isNumber || $0 == "." }
    let units: [String: Double] = [
      "": 1, "B": 1, "K": 0x1p10, "M": 0x1p20, "G": 0x1p30, "T": 0x1p40, "KIB": 0x1p10, "MIB": 0x1p20,
      "GIB": 0x1p30, "TIB": 0x1p40, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
    ]
    let unit = text.dropFirst(digits.count).uppercased()
    guard let number = Double(digits), let factor = units[unit], number * factor >= 1, number * factor <= 1e18
    else { throw ValidationError("it must be a number of bytes, as in 256MiB or 2GB.") }
    return Int(number * factor)
  }

  static func count(_ text: String) throws -> Int {
    guard let value = Int(text), value >= 0 else {
      throw ValidationError("it must be a whole number from 0 up.")
    }
    return value
  }

  static func positiveNumber(_ text: String) throws -> Double {
    guard let value = Double(text), value.isFinite, value > 0 else {
      throw ValidationError("it must be a number above 0.")
    }
    return value
  }

  static func number(_ text: String) throws -> Double {
    guard let value = Double(text), value.isFinite else {
      throw ValidationError("it must be a finite number.")
    }
    return value
  }

  /// A number in [0, 1).
  static func fraction(_ text: String) throws -> Double {
    guard let value = Double(text), value >= 0, value < 1 else {
      throw ValidationError("it must be a number from 0 up to, but not including, 1.")
    }
    return value
  }

  /// A number in (0, 1].
  static func positiveFraction(_ text: String) throws -> Double {
    guard let value = Double(text), value > 0, value <= 1 else {
      throw ValidationError("it must be a number above 0 and up to 1.")
    }
    return value
  }

  static func notNegative(_ text: String) throws -> Double {
    guard let value = Double(text), value.isFinite, value >= 0 else {
      throw ValidationError("it must be a number from 0 up.")
    }
    return value
  }

  /// An activation that hidden layers can be trained with.
  static func hiddenActivation(_ text: String) throws -> Activation {
    let activation = try outputActivation(text)
    guard activation != .softmax else {
      throw ValidationError("softmax is for output layers only. Choose one of \(hiddenActivations).")
    }
    return activation
  }

  /// An activation that output layers can be trained with.
  static func outputActivation(_ text: String) throws -> Activation {
    guard let activation = Activation(rawValue: text), activation.isTrainable else {
      let reason =
        text == Activation.step.rawValue
        ? "step cannot be trained: its derivative is zero wherever there is one."
        : "there is no such activation."
      throw ValidationError("\(reason) Choose one of \(outputActivations).")
    }
    return activation
  }

  /// The names of the activations that output layers can be trained with.
  static var outputActivations: String {
    Activation.allCases.filter(\.isTrainable).map(\.rawValue).joined(separator: ", ")
  }

  /// The names of the activations that hidden layers can be trained with.
  static var hiddenActivations: String {
    Activation.allCases.filter { $0.isTrainable && $0 != .softmax }.map(\.rawValue).joined(separator: ", ")
  }

  /// Numbers joined by commas.
  static func numbers(_ text: String) throws -> [Double] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { try number(String($0)) }
  }

  /// Names joined by commas.
  static func names(_ text: String) throws -> [String] {
    let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard names.allSatisfy({ !$0.isEmpty }) else {
      throw ValidationError("it must be names joined by commas.")
    }
    return names
  }

  /// Widths joined by commas; none for an empty text.
  static func widths(_ text: String) throws -> [Int] {
    if text.allSatisfy(\.isWhitespace) { return [] }
    return try text.split(separator: ",", omittingEmptySubsequences: false).map { width in
      guard let value = Int(width), value >= 1 else {
        throw ValidationError("widths must be whole numbers from 1 up, joined by commas.")
      }
      return value
    }
  }

  /// Numbers of threads joined by commas.
  static func threadCounts(_ text: String) throws -> [Int] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { count in
      guard let value = Int(count), (1...WorkerTeam.mostWorkers).contains(value) else {
        throw ValidationError(
          "numbers of threads must be whole, from 1 to \(WorkerTeam.mostWorkers), and joined by commas.")
      }
      return value
    }
  }

  /// The repeats of a measurement.
  static func repeats(_ text: String) throws -> Int {
    guard let value = Int(text), (1...1000).contains(value) else {
      throw ValidationError("it must be a whole number from 1 to 1000.")
    }
    return value
  }

  /// The seconds of a measurement.
  static func seconds(_ text: String) throws -> Double {
    guard let value = Double(text), value > 0, value <= ScalingOptions.mostSeconds else {
      throw ValidationError("it must be a number above 0, up to \(Int(ScalingOptions.mostSeconds)).")
    }
    return value
  }

  /// "A,B" with A < B.
  static func range(_ text: String) throws -> Range<Double> {
    let bounds = try numbers(text)
    guard bounds.count == 2, bounds[0] < bounds[1], (bounds[1] - bounds[0]).isFinite else {
      throw ValidationError("it must be two numbers, the smaller one first, as in 0,1.")
    }
    return bounds[0]..<bounds[1]
  }
}

/// Options of every command that reads samples.
struct DataOptions: ParsableArguments {
  @Argument(
    help: "The HDF5 file with the samples, or generated ones: generate:linear?rows=1000&noise=0.1.",
    completion: .file())
  var data: String

  @Option(name: .customLong("x"), help: "The dataset of features, rows by features.")
  var x = "/x"

  @Option(name: .customLong("y"), help: "The dataset of targets, rows or rows by targets.")
  var y = "/y"

  @Option(
    help: ArgumentHelp(
      "The dataset of weights, one a row, or none. (default: weight beside the features, if there is one)",
      valueName: "dataset"))
  var weights: String?

  @OptionGroup var others: OtherFilesOption

  var location: DatasetLocation { location(of: data) }

  /// The samples of `file`, under the same names.
  func location(of file: String) -> DatasetLocation {
    DatasetLocation(
      file: file, x: x, y: y, weights: weights.map { WeightChoice(name: $0) } ?? .automatic,
      allowsOtherFiles: others.allowOtherFiles)
  }
}

/// The option of every command that reads HDF5 files of unknown origin.
struct OtherFilesOption: ParsableArguments {
  @Flag(
    help: """
      Read data that are in other files than the one named: virtual datasets, external storage, external links. \
      Such a file can name any file that you may read: know where it is from.
      """)
  var allowOtherFiles = false
}

/// Options of every command.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON object on standard output and nothing else there.")
  var json = false

  @Flag(name: .shortAndLong, help: "Print no progress and no messages but errors.")
  var quiet = false

  @Flag(help: "Add technical detail to errors.")
  var verbose = false
}

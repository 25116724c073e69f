import HDF5
import Primitives

/// What a dataset file is to hold: types and widths of its datasets, and all attributes.
public struct DatasetDescription: Sendable, Equatable {
  /// What a target is.
  public enum Targets: Sendable, Equatable {
    /// There are none, and no /y: such a file is good for `predict`.
    case none
    /// Numbers, some a row.
    case values(columns: Int, Precision)
    /// A class a row, stored with so many bits: 32 or 64.
    case labels(bits: Int)

    /// The numbers of a row.
    public var columns: Int {
      switch self {
      case .none: 0
      case .values(let columns, _): columns
      case .labels: 1
      }
    }
  }

  /// The number of features.
  public var features: Int
  /// How features are stored.
  public var precision: Precision
  /// What the targets are.
  public var targets: Targets
  /// How weights of rows are stored; nil if there are none, and no /weight.
  public var weights: Precision?
  /// The attributes of the file; `schema` and `schema_version` are always set.
  public var attributes: [String: AttributeValue] = [:]
  /// The attributes of /x.
  public var xAttributes: [String: AttributeValue] = [:]
  /// The attributes of /y.
  public var yAttributes: [String: AttributeValue] = [:]
  /// The attributes of /weight.
  public var weightAttributes: [String: AttributeValue] = [:]

  /// A description without attributes but the usual ones; see the properties.
  public init(features: Int, precision: Precision, targets: Targets, weights: Precision? = nil) {
    self.features = features
    self.precision = precision
    self.targets = targets
    self.weights = weights
    xAttributes = ["long_name": .string("features"), "units": .string("1")]
    yAttributes = ["long_name": .string("target"), "units": .string("1")]
    weightAttributes = ["long_name": .string("weight"), "units": .string("1")]
  }

  /// Names the columns, unless there are more names than an attribute holds.
  public mutating func setColumnNames(x: [String], y: [String]) {
    if !x.isEmpty, Self.fits(.strings(x)) { xAttributes["column_names"] = .strings(x) }
    if !y.isEmpty, Self.fits(.strings(y)) { yAttributes["column_names"] = .strings(y) }
  }

  /// Whether an attribute holds this: 64 KiB as it is written, with 16 bytes a text besides its characters.
  static func fits(_ value: AttributeValue) -> Bool {
    func fits(_ texts: [String]) -> Bool {
      texts.reduce(0) { $0 + $1.utf8.count + 16 } <= 64 << 10 && texts.allSatisfy { !$0.utf8.contains(0) }
    }
    return switch value {
    case .string(let text): fits([text])
    case .strings(let texts): fits(texts)
    case .integers(let numbers): numbers.count <= 8 << 10
    case .unsigneds(let numbers): numbers.count <= 8 << 10
    case .reals(let numbers): numbers.count <= 8 << 10
    case .integer, .unsigned, .real: true
    case .other: false
    }
  }
}

extension DatasetDescription {
  /// The bytes of a row: features, targets and weight.
  var rowBytes: Int {
    let targets =
      switch targets {
      case .none: 0
      case .values(let columns, let precision): columns * precision.bytes
      case .labels(let bits): bits / 8
      }
    return features * precision.bytes + targets + (weights?.bytes ?? 0)
  }
}

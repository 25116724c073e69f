import HDF5
import Primitives

/// Samples by name, looked at but not read: a file, or a generator's address in a file's place.
public enum SampleInput: ~Copyable {
  /// A file that is open.
  case file(DatasetFile)
  /// Rows to be made.
  case generated(GeneratorAddress)

  /// What `location` names.
  ///
  /// - Throws: ``LockstepError`` if a file or dataset is missing or its shapes do not agree, or if there is no such generator.
  public init(_ location: DatasetLocation) throws(LockstepError) {
    if GeneratorAddress.isAddress(location.file) {
      if case .dataset(let path) = location.weights {
        throw LockstepError(
          .usage, "--weights", "generated rows have no weights", found: path, expected: "none",
          remedy: "Leave it out.")
      }
      self = .generated(try GeneratorAddress(location.file))
    } else {
      self = .file(try DatasetFile(location))
    }
  }

  /// Whether the targets are integers, and so are classes unless the loss says otherwise.
  public var hasIntegerTargets: Bool {
    switch self {
    case .file(let file): file.hasIntegerTargets
    case .generated(let address): if case .labels = address.generator.targets { true } else { false }
    }
  }

  /// The number of features of a row.
  public var features: Int {
    switch self {
    case .file(let file): file.features
    case .generated(let address): address.generator.features
    }
  }

  /// The names of the features; none if they have none.
  public var featureNames: [String] {
    switch self {
    case .file(let file): (try? file.x.stored.dataset.attribute("column_names", as: [String].self)) ?? []
    case .generated(let address): address.generator.featureNames
    }
  }

  /// The number of targets of a row.
  public var targets: Int {
    switch self {
    case .file(let file): file.targets
    case .generated(let address): address.generator.targets.columns
    }
  }

  /// Throws ``LockstepError`` if `output`, which `option` names, is a file that samples are in.
  public func requireOther(than output: String?, option: String) throws(LockstepError) {
    guard let output else { return }
    switch self {
    case .file(let file): try file.files.requireOther(than: output, option: option)
    case .generated: return
    }
  }

  /// The rows.
  ///
  /// - Throws: ``LockstepError`` if the targets cannot be what they are wanted as.
  public consuming func rows<Element: Scalar & HDF5Element>(
    role: TargetRole, as _: Element.Type = Element.self
  )
    throws(LockstepError) -> any RowSource<Element>
  {
    switch consume self {
    case .file(let file): try FileRows<Element>(file, role: role)
    case .generated(let address): try GeneratedRows<Element>(address, role: role)
    }
  }
}

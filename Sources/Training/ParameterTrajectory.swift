/// The parameters at the ends of epochs: the way that training took.
public struct ParameterTrajectory<Element: Sendable & Equatable>: Sendable, Equatable {
  /// The epochs completed at each moment, ascending; 0 is the start.
  public private(set) var epochs: [Int]
  /// Moments by parameters, row-major; a row is laid out as `ParameterLayout` says.
  public private(set) var parameters: [Element]

  /// The most numbers that a training run records: all of them are written with each checkpoint.
  public static var mostNumbers: Int { 1 << 25 }

  /// A way with no moment yet.
  public init() { (epochs, parameters) = ([], []) }

  /// The moments of a file.
  ///
  /// - Precondition: there are as many parameters at each of them.
  init(epochs: [Int], parameters: [Element]) {
    precondition(epochs.isEmpty ? parameters.isEmpty : parameters.count % epochs.count == 0)
    (self.epochs, self.parameters) = (epochs, parameters)
  }

  /// The parameters at a moment.
  public func moment(_ index: Int) -> ArraySlice<Element> {
    let count = parameters.count / epochs.count
    return parameters[index * count..<(index + 1) * count]
  }

  mutating func append(_ moment: some Sequence<Element>, epoch: Int) {
    epochs.append(epoch)
    parameters.append(contentsOf: moment)
  }
}

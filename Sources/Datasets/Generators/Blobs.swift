import Primitives

/// A classification problem: a normal cluster of points for each class.
///
/// Centers are uniform in a range, and the points of a class are normal around its center with the same deviation in every
/// direction; as in scikit-learn's `make_blobs`. The classes take turns instead of being shuffled, so that row i needs no other
/// row.
public struct Blobs: Sendable, Equatable {
  /// The number of classes.
  public let classes: Int
  /// The number of features.
  public let features: Int
  /// The standard deviation of a cluster in each direction.
  public let spread: Double
  /// The coordinates of the centers are uniform in this range, its end excluded.
  public let centerRange: Range<Double>
  /// The seed.
  public let seed: UInt64
  /// The centers, classes by features, row-major; empty if there are too many, which `check(as:)` refuses.
  public let centers: [Double]

  /// Three clusters in the plane, or what the arguments say.
  ///
  /// - Precondition: there are at least one class and one feature.
  public init(
    classes: Int = 3, features: Int = 2, spread: Double = 1, centerRange: Range<Double> = -10..<10,
    seed: UInt64 = 0
  ) {
    precondition(classes >= 1 && features >= 1, "a cluster is somewhere")
    self.classes = classes
    self.features = features
    self.spread = spread
    self.centerRange = centerRange
    self.seed = seed
    guard let count = Generators.product(classes, features), count <= Generators.mostConstants else {
      centers = []
      return
    }
    let random = CounterRandom(seed: seed, purpose: .constants)
    let width = centerRange.upperBound - centerRange.lowerBound
    centers = (0..<count).map { index in
      let pair = random.uniforms(UInt64(index / 2))
      return centerRange.lowerBound + width * (index % 2 == 0 ? pair.0 : pair.1)
    }
  }
}

extension Blobs: NamedGenerator {
  /// What it can be told.
  public enum Parameters {
    /// The number of classes.
    public static let classes = GeneratorParameter<Int>.count(
      "classes", 3, in: 1...Generators.mostColumns, "The number of classes, one cluster each.")
    /// The number of features.
    public static let features = GeneratorParameter<Int>.count(
      "features", 2, in: 1...Generators.mostColumns, "The number of features.")
    /// The standard deviation of a cluster.
    public static let spread = GeneratorParameter<Double>.notNegative(
      "spread", 1, "The standard deviation of a cluster in each direction.")
    /// Where the centers lie.
    public static let centerRange = GeneratorParameter<Range<Double>>.range(
      "center-range", -10..<10,
      "The coordinates of the centers are uniform from the first number up to, but not including, the second."
    )
  }

  /// "blobs".
  public static let name = "blobs"
  /// What it makes.
  public static let abstract = "Classes that are normal clusters around random centers."
  /// What it can be told.
  public static let parameters = [
    Parameters.classes.summary, Parameters.features.summary, Parameters.spread.summary,
    Parameters.centerRange.summary,
  ]

  /// The clusters of these values.
  public init(_ values: GeneratorValues) throws(LockstepError) {
    self.init(
      classes: try values.value(Parameters.classes), features: try values.value(Parameters.features),
      spread: try values.value(Parameters.spread), centerRange: try values.value(Parameters.centerRange),
      seed: try values.seed)
  }

  /// Classes.
  public var targets: GeneratedTargets { .labels(classes: classes) }

  /// The options that make these clusters.
  public var arguments: [(name: String, value: String)] {
    [
      Parameters.classes.argument(classes), Parameters.features.argument(features),
      Parameters.spread.argument(spread), Parameters.centerRange.argument(centerRange),
    ]
  }

  /// Its parameters, and the centers: a dataset, classes by features.
  public var records: [GeneratorRecord] {
    [
      .integer("classes", classes), .number("spread", spread), .range("center_range", centerRange),
      .matrix("centers", centers, rows: classes),
    ]
  }

  /// The relation as text.
  public var formula: String { "x = centers[y]" + FormulaText.term(spread, times: "*normal") }

  /// Throws ``LockstepError`` of kind `usage` if there are too many centers, or if features could be more than `Element` can say.
  public func check<Element: Scalar>(as type: Element.Type) throws(LockstepError) {
    try Generators.checkConstants(
      Generators.product(classes, features), "centers' coordinates", options: "--classes and --features")
    let reach = max(abs(centerRange.lowerBound), abs(centerRange.upperBound))
    try NoisyTargets(noise: spread, seed: seed).check(
      reach: reach, as: type, options: "--center-range or --spread")
  }

  /// Makes the rows from `start` on.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public func makeRows<Element: Scalar>(
    from start: Int, x: UnsafeMutableBufferPointer<Element>, y: TargetRows<Element>
  ) {
    let y = y.classes
    precondition(x.count == y.count * features)
    ClassOrder(classes: classes, seed: seed).fill(from: start, labels: y)
    let (features, spread) = (features, spread)
    centers.withUnsafeBufferPointer { centers in
      // Where the row is, and where its center is: places come in ascending order.
      var (row, column, center) = (0, 0, 0)
      RowStream(seed: seed, purpose: .features, width: features).forEachNormal(from: start, rows: y.count) {
        place, normal in
        if column == 0 { center = Int(y[row]) &* features }
        x[place] = Element(centers[center &+ column] + spread * normal)
        column &+= 1
        if column == features { (row, column) = (row &+ 1, 0) }
      }
    }
  }
}

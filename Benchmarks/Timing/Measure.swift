import Benchmark

/// What is done in a second.
struct Rate {
  let metric: BenchmarkMetric
  /// How many things are one of the metric: numbers are whole, and should have several digits.
  let unit: Double

  private init(_ name: String, unit: Double) {
    metric = .custom(name, polarity: .prefersLarger, useScalingFactor: false)
    self.unit = unit
  }

  /// Floating-point operations; a fused multiply-add is two.
  static var operations: Rate { Rate("MFLOP/s", unit: 1e6) }
  /// Bytes.
  static var bytes: Rate { Rate("MB/s", unit: 1e6) }
  /// Rows, or other things to be counted.
  static var thousands: Rate { Rate("thousand/s", unit: 1e3) }
}

/// Registers a benchmark of a body that is repeated in each sample.
///
/// - Parameters:
///   - name: what it is called in tables.
///   - rate: what to tell beside the time, and how much of that one repetition does.
///   - repetitions: so many that a sample takes microseconds at least; the table tells the time of one.
///   - prepare: makes the body when its turn has come; that is not timed.
func measure(
  _ name: String, _ rate: (Rate, amount: Double)? = nil, repetitions: BenchmarkScalingFactor = .one,
  prepare: @escaping () throws -> (() throws -> Void)
) {
  measure(name, rate, segment: repetitions) {
    let body = try prepare()
    return { count in for _ in 0..<count { try body() } }
  }
}

/// Registers a benchmark of a body that repeats something as often as it is told, `segment` times; otherwise the same.
func measure(
  _ name: String, _ rate: (Rate, amount: Double)? = nil, segment: BenchmarkScalingFactor,
  prepare: @escaping () throws -> ((_ count: Int) throws -> Void)
) {
  var body: ((Int) throws -> Void)?
  var configuration = Benchmark.Configuration(scalingFactor: segment)
  if let (rate, _) = rate {
    configuration.metrics.append(rate.metric)
    configuration.units[rate.metric] = .count
  }
  Benchmark(
    name, configuration: configuration,
    closure: { benchmark in
      guard let body else { return }
      let count = benchmark.scaledIterations.count
      let time = try ContinuousClock().measure { try body(count) }
      if let (rate, amount) = rate {
        benchmark.measurement(rate.metric, Int(amount * Double(count) / rate.unit / (time / .seconds(1))))
      }
    }, setup: { body = try prepare() }, teardown: { body = nil })
}

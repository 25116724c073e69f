import Benchmark

/// What the plugin's `main` calls: registers everything, theme by theme.
let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration.metrics = [.wallClock]
  Benchmark.defaultConfiguration.warmupIterations = 3
  Benchmark.defaultConfiguration.maxDuration = .milliseconds(700)
  products()
  smallNetworks()
  activations()
  updates()
  reductions()
  meetings()
  rows()
  files()
  steps()
}

import Optimizers
import Testing

@Suite struct ScheduleTests {
  private static let decays: [Schedule.Decay] = [
    .constant, .step(every: 4, factor: 0.5), .exponential(over: 4, factor: 0.5), .cosine(over: 8, to: 0.25),
  ]

  private static func rates(_ schedule: Schedule, _ steps: Int) -> [Double] {
    (1...steps).map { schedule.learningRate(1, step: $0) }
  }

  @Test func aConstantIsConstant() {
    #expect(Self.rates(Schedule(), 100).allSatisfy { $0 == 1 })
    #expect(Schedule().learningRate(0.3, step: .max) == 0.3)
  }

  @Test func stepsDropAtOnce() {
    #expect(
      Self.rates(Schedule(.step(every: 3, factor: 0.5)), 10) == [
        1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125,
      ])
  }

  @Test func anExponentialPassesThroughTheSteps() {
    let rates = Self.rates(Schedule(.exponential(over: 4, factor: 0.5)), 13)
    #expect(rates[0] == 1 && rates[4] == 0.5 && rates[8] == 0.25 && rates[12] == 0.125)
    #expect(zip(rates, rates.dropFirst()).allSatisfy { abs($1 / $0 - 0.8408964152537145) < 1e-15 })
  }

  @Test func aCosineEndsAtItsFinalRateAndStaysThere() {
    let rates = Self.rates(Schedule(.cosine(over: 8, to: 0.25)), 20)
    #expect(rates[0] == 1 && abs(rates[4] - 0.625) < 1e-15)
    #expect(zip(rates, rates.dropFirst()).allSatisfy { $1 < $0 || ($0 == 0.25 && $1 == 0.25) })
    #expect(rates[8...].allSatisfy { $0 == 0.25 })
  }

  @Test(arguments: decays) func warmUpRisesEvenlyAndMovesTheRest(decay: Schedule.Decay) {
    let rates = Self.rates(Schedule(decay, warmupSteps: 4), 24)
    #expect(rates[..<4] == [0.25, 0.5, 0.75, 1])
    #expect(Array(rates[4...]) == Self.rates(Schedule(decay), 20))
  }

  @Test(arguments: decays) func itsNumbersMakeItAgain(decay: Schedule.Decay) {
    let schedule = Schedule(decay, warmupSteps: 7)
    #expect(
      Schedule(
        schedule.name, warmupSteps: 7, decaySteps: schedule.decaySteps, decayRate: schedule.decayRate,
        finalLearningRate: schedule.finalLearningRate) == schedule)
    if decay != .constant {
      #expect(
        Schedule(
          schedule.name, warmupSteps: 7, decaySteps: nil, decayRate: schedule.decayRate,
          finalLearningRate: schedule.finalLearningRate) == nil)
    }
  }

  @Test func onlyWhatChangesIsNotConstant() {
    #expect(Self.decays.map { Schedule($0).isConstant } == [true, false, false, false])
    // A warm-up of one step is at its full rate from the start.
    #expect(Schedule(.constant, warmupSteps: 1).isConstant)
    #expect(!Schedule(.constant, warmupSteps: 2).isConstant)
  }
}

import Kernels
import Testing

@Suite struct LossTests {
  @Test func lossesRequireTheActivationsThatTheyAreFusedWith() {
    for loss in Loss.all {
      let required: Activation? =
        switch loss.task {
        case .numbers: nil
        case .classes: .softmax
        case .probabilities: .sigmoid
        }
      #expect(loss.requiredActivation == required)
    }
  }

  @Test func meansAreOverTargetsUnlessTheLossIsOfARow() {
    #expect(Loss.all.map { $0.divisor(outputs: 3) } == [3, 1, 3, 3, 1, 3])
  }

  @Test func namesAreThoseOfTheOptions() {
    let names = ["mse", "half-mse", "mae", "huber", "cross-entropy", "binary-cross-entropy"]
    #expect(Loss.all.map(\.name) == names)
    #expect(names.map { Loss(name: $0) } == Loss.all)
    #expect(Loss(name: "magic") == nil)
    #expect(Loss.all.map(\.huberDelta) == [nil, nil, nil, 1, nil, nil])
  }
}

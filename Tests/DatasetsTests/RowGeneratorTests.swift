import Datasets
import Primitives
import Testing

@Suite("All generators")
struct RowGeneratorTests {
  @Test("row i depends on the seed and i alone", arguments: someGenerators.indices)
  func rowByRow(index: Int) {
    check(someGenerators[index], as: Float.self)
    check(someGenerators[index], as: Double.self)
  }

  private func check<Element: Scalar>(_ generator: any RowGenerator, as type: Element.Type) {
    let count = 700
    let whole = Rows<Element>(generator, count)
    #expect(whole.x.allSatisfy(\.isFinite) && whole.values.allSatisfy(\.isFinite))
    let columns = generator.targets.columns
    for (start, length) in [(0, 1), (1, 1), (57, 64), (255, 3), (64, 600), (699, 1), (700, 0)] {
      let part = Rows<Element>(generator, from: start, length)
      let end = start + length
      #expect(part.x == Array(whole.x[start * generator.features..<end * generator.features]))
      if whole.labels.isEmpty {
        #expect(part.values == Array(whole.values[..<(end * columns)].dropFirst(start * columns)))
      } else {
        #expect(part.labels == Array(whole.labels[start..<end]))
      }
    }
  }

  @Test("far rows are made like near ones", arguments: someGenerators.indices)
  func farRows(index: Int) {
    let generator = someGenerators[index]
    let start = 1 << 40
    let both = Rows<Float>(generator, from: start, 2)
    #expect(Rows<Float>(generator, from: start + 1, 1).x == Array(both.x.suffix(generator.features)))
    #expect(both.x.allSatisfy { $0.isFinite })
  }

  @Test("samples are the same for any number of threads", arguments: someGenerators.indices)
  func threads(index: Int) {
    let generator = someGenerators[index]
    for count in [1, 6, 1001] {
      let one: Samples<Float> = generator.samples(count)
      let rows = Rows<Float>(generator, count)
      #expect(one.x.array == rows.x && one.count == count)
      for threads in [2, 3, 7, 64] {
        let several: Samples<Float> = generator.samples(count, threads: threads)
        #expect(several.x.array == rows.x)
        switch several.targets {
        case .values(let values, let columns):
          #expect(values.array == rows.values && generator.targets == .values(columns: columns))
        case .labels(let labels, let classes):
          #expect(labels.array == rows.labels && generator.targets == .labels(classes: classes))
        }
      }
    }
  }

  @Test("another seed makes other rows", arguments: someGenerators.indices)
  func seeds(index: Int) throws {
    let address = someGenerators[index].address(rows: 10)
    let seed = try #require(address.firstRange(of: "seed="))
    let other = try GeneratorAddress(address[..<seed.upperBound] + "12345")
    #expect(Rows<Double>(other.generator, 10).x != Rows<Double>(someGenerators[index], 10).x)
  }

  @Test("features of float32 are those of float64, rounded", arguments: someGenerators.indices)
  func precisions(index: Int) {
    let wide = Rows<Double>(someGenerators[index], 300)
    let narrow = Rows<Float>(someGenerators[index], 300)
    #expect(narrow.x == wide.x.map { Float($0) })
    #expect(narrow.labels == wide.labels)
  }

  @Test("there is a name for every column", arguments: someGenerators.indices)
  func names(index: Int) {
    let generator = someGenerators[index]
    #expect(Set(generator.featureNames).count == generator.features)
    #expect(Set(generator.targetNames).count == generator.targets.columns)
    #expect(generator.formula.contains(generator.targets == .values(columns: 1) ? "y = " : "="))
  }

  @Test("classes are balanced in every group of as many rows")
  func balance() {
    for generator in [Blobs(classes: 5), Moons(), Spirals(classes: 3)] as [any RowGenerator] {
      guard case .labels(let classes) = generator.targets else { continue }
      let labels = Rows<Float>(generator, 600 * classes).labels
      var first: [Int32: Int] = [:]
      for group in stride(from: 0, to: labels.count, by: classes) {
        #expect(Set(labels[group..<group + classes]) == Set(0..<Int32(classes)))
        first[labels[group], default: 0] += 1
      }
      // Which class comes first is random: six standard deviations.
      let share = 600 / Double(classes)
      #expect(first.values.allSatisfy { abs(Double($0) - share) < 6 * share.squareRoot() })
    }
  }

  @Test("numbers that a format cannot say are refused")
  func tooLarge() throws {
    let generators: [any RowGenerator] = [
      LinearProblem(coefficients: [1e39]), Friedman1(noise: 1e38), SineWave(amplitude: 1e39),
      Polynomial(coefficients: [0, 0, 1], range: 0..<1e20), Teacher(noise: 1e38), Blobs(spread: 1e38),
      Blobs(centerRange: 0..<1e39), Moons(noise: 1e38), Spirals(noise: 1e38),
    ]
    for generator in generators {
      let error = #expect(throws: LockstepError.self) { try generator.check(as: Float.self) }
      #expect(error?.kind == .usage && error?.remedy?.contains("--") == true)
      try generator.check(as: Double.self)
    }
  }

  @Test("what makes no sense is refused")
  func senseless() {
    let generators: [any RowGenerator] = [
      LinearProblem(coefficients: []), LinearProblem(noise: .nan), LinearProblem(coefficients: [.nan]),
      LinearProblem(range: 16_777_216..<16_777_216.5), SineWave(frequency: 1e308, range: 0..<1e308),
      SineWave(amplitude: .nan), Polynomial(coefficients: [.infinity]), Spirals(turns: 1e308),
      Blobs(classes: 1 << 40, features: 1 << 40), Teacher(features: 1 << 20, hidden: [1 << 20]),
      Teacher(features: .max, hidden: [.max]), Blobs(spread: .nan), Moons(noise: .nan),
    ]
    for generator in generators {
      let error = #expect(throws: LockstepError.self) { try generator.check(as: Float.self) }
      #expect(error?.kind == .usage, "\(generator.name)")
    }
  }
}

import Datasets
import Testing

@Suite("Blobs")
struct BlobsTests {
  @Test("are normal around the centers of their classes")
  func clusters() {
    let blobs = Blobs(classes: 3, features: 4, spread: 0.5, centerRange: -20..<5, seed: 1)
    let rows = Rows<Double>(blobs, 30_000)
    #expect(blobs.centers.count == 12 && blobs.centers.allSatisfy { (-20..<5).contains($0) })
    #expect(Set(blobs.centers).count == 12)
    for label in 0..<3 {
      for feature in 0..<4 {
        let values = (0..<30_000).filter { rows.labels[$0] == Int32(label) }.map { rows.x[4 * $0 + feature] }
        #expect(values.count == 10_000)
        #expect(areNoise(values.map { $0 - blobs.centers[4 * label + feature] }, deviation: 0.5))
      }
    }
  }

  @Test("without spread are their centers")
  func points() {
    let blobs = Blobs(classes: 7, features: 3, spread: 0, seed: 2)
    let rows = Rows<Double>(blobs, 70)
    for row in 0..<70 {
      let label = Int(rows.labels[row])
      #expect(rows.x[3 * row..<3 * row + 3] == blobs.centers[3 * label..<3 * label + 3])
    }
    #expect(Blobs(spread: 0).formula == "x = centers[y]")
  }

  @Test("have centers that are spread over their range")
  func centers() {
    let centers = Blobs(classes: 5000, features: 2, seed: 3).centers
    let (mean, variance) = moments(centers)
    #expect(abs(mean) < 5 * (400.0 / 12 / 10_000).squareRoot())
    #expect(abs(variance - 400.0 / 12) < 2)
  }
}

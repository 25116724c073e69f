// FANN: one sample at a time, its incremental training, through the same conversation as the peers in Python (peer.py).
//
//   fann_peer DATA INITIAL LEARNING_RATE sigmoid|stepwise
//
// FANN has no rectifier; `stepwise` is its fast approximation of the sigmoid. Its numbers are float (floatfann).

#include <floatfann.h>
#include <hdf5.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { inputs = 2, hidden = 10, outputs = 1, weight_count = (inputs + 1) * hidden + (hidden + 1) * outputs };

static void fail(const char *what) {
  fprintf(stderr, "fann_peer: error: %s\n", what);
  exit(1);
}

// All values of a dataset as floats, and how many.
static float *values_of(hid_t file, const char *name, size_t *count) {
  hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
  if (dataset < 0) fail(name);
  hid_t space = H5Dget_space(dataset);
  *count = (size_t)H5Sget_simple_extent_npoints(space);
  float *values = malloc(*count * sizeof *values);
  if (!values || H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0) fail(name);
  H5Sclose(space);
  H5Dclose(dataset);
  return values;
}

// Copies a layer's kernel (inputs by outputs) and bias to FANN's weights: for each unit its inputs' weights, its bias.
static float *put_layer(float *weights, hid_t file, const char *layer, size_t width, size_t units) {
  char name[64];
  size_t count;
  snprintf(name, sizeof name, "layers/%s/vars/0", layer);
  float *kernel = values_of(file, name, &count);
  if (count != width * units) fail("the initial parameters are not those of 2-10-1");
  snprintf(name, sizeof name, "layers/%s/vars/1", layer);
  float *bias = values_of(file, name, &count);
  for (size_t unit = 0; unit < units; unit++) {
    for (size_t input = 0; input < width; input++) *weights++ = kernel[input * units + unit];
    *weights++ = bias[unit];
  }
  free(kernel);
  free(bias);
  return weights;
}

static uint64_t random_state = 1;

// xorshift64*: the order of rows is to cost FANN as little as possible.
static uint32_t random_below(uint32_t bound) {
  random_state ^= random_state >> 12;
  random_state ^= random_state << 25;
  random_state ^= random_state >> 27;
  uint32_t bits = (uint32_t)((random_state * 0x2545F4914F6CDD1DULL) >> 32);
  return (uint32_t)(((uint64_t)bits * bound) >> 32);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

int main(int count, char **arguments) {
  if (count != 5) fail("usage: fann_peer DATA INITIAL LEARNING_RATE sigmoid|stepwise");
  hid_t file = H5Fopen(arguments[1], H5F_ACC_RDONLY, H5P_DEFAULT);
  hid_t initial_file = H5Fopen(arguments[2], H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file < 0 || initial_file < 0) fail("cannot open the data or the initial parameters");
  size_t x_count, rows;
  float *x = values_of(file, "x", &x_count);
  float *y = values_of(file, "y", &rows);
  if (x_count != rows * inputs) fail("the samples are not those of 2-10-1");

  float weights[weight_count];
  put_layer(put_layer(weights, initial_file, "dense", inputs, hidden), initial_file, "dense_1", hidden, outputs);

  struct fann *network = fann_create_standard(3, inputs, hidden, outputs);
  fann_set_activation_function_hidden(
      network, strcmp(arguments[4], "stepwise") == 0 ? FANN_SIGMOID_STEPWISE : FANN_SIGMOID);
  fann_set_activation_function_output(network, FANN_LINEAR);
  // FANN's sigmoid of x with steepness s is 1 / (1 + exp(-2*s*x)), and its linear function s*x.
  fann_set_activation_steepness_hidden(network, 0.5f);
  fann_set_activation_steepness_output(network, 1.0f);
  fann_set_train_error_function(network, FANN_ERRORFUNC_LINEAR);
  fann_set_training_algorithm(network, FANN_TRAIN_INCREMENTAL);
  fann_set_learning_momentum(network, 0);
  // FANN descends along half the gradient of the squared error.
  fann_set_learning_rate(network, 2 * strtof(arguments[3], NULL));

  uint32_t *order = malloc(rows * sizeof *order);
  struct fann_connection connections[weight_count];
  if (!order || fann_get_total_connections(network) != weight_count) fail("cannot set up");
  fann_get_connection_array(network, connections);

  printf("{\"ready\": true, \"versions\": {\"fann\": \"%s\"}}\n", FANN_VERSION);
  fflush(stdout);
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    int epochs = atoi(line);
    for (size_t index = 0; index < weight_count; index++) connections[index].weight = weights[index];
    fann_set_weight_array(network, connections, weight_count);

    double start = now();
    for (int epoch = 0; epoch < epochs; epoch++) {
      for (uint32_t row = 0; row < rows; row++) {
        uint32_t place = random_below(row + 1);
        order[row] = order[place];
        order[place] = row;
      }
      for (size_t row = 0; row < rows; row++)
        fann_train(network, x + (size_t)order[row] * inputs, y + (size_t)order[row] * outputs);
    }
    double seconds = now() - start;

    double sum = 0;
    for (size_t row = 0; row < rows; row++) {
      double error = fann_run(network, x + row * inputs)[0] - y[row];
      sum += error * error;
    }
    printf("{\"seconds\": %.9g, \"steps\": %zu, \"epochs\": %d, \"loss\": %.9g}\n", seconds, rows * (size_t)epochs,
           epochs, sum / (double)rows);
    fflush(stdout);
  }
  return 0;
}

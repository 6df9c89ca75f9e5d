// The verbs: what main.cpp reads from the command line, and the functions that do the work. Each returns an exit code.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <ochre/color/camera_memory.hpp>

#include "shard.hpp"

namespace ochre::program {

// The program's promise to every script that calls it.
enum ExitCode : int {
  done = 0,
  check_failed = 1,    // verify, audit; bench, if the timed output is wrong
  wrong_usage = 2,     // the command line
  unusable_input = 3,  // missing, malformed, unsupported, too large; or an output that cannot be written
  some_failed = 4,     // of several inputs
};

inline constexpr char embedded[] = "embedded";  // the model within the program

// How pictures are read.
struct ReadOptions {
  std::optional<int> limit;  // megapixels a picture may have; none: load_picture's own limits
  bool quiet = false;
};

// What a place looks like in colour.
struct TeachOptions {
  std::vector<std::string> like;  // pictures in colour, or folders of them
  std::string camera;             // a file that `learn` wrote; empty: none
  bool like_place = false;        // the camera stands still

  bool teaches() const { return !like.empty() || !camera.empty(); }
  MemoryPlace place() const { return like_place ? MemoryPlace::same : MemoryPlace::found; }
};

// What is known of a picture's colours.
struct HintOptions {
  std::vector<std::string> hints;  // X,Y,#RRGGBB
  std::string picture;             // whose opaque pixels are hints; empty: none

  bool tells() const { return !hints.empty() || !picture.empty(); }
};

struct ColorizeOptions {
  std::vector<std::string> inputs;
  std::string output;
  std::string model = embedded;
  std::string sha256;  // of the model; empty: any
  std::optional<float> temperature;
  float saturation = 1.0f;
  bool consensus = true;  // what looks alike gets one colour
  std::optional<int> size;
  std::string precision = "float";
  std::optional<int> memory;  // megabytes
  int threads = 0;
  bool recursive = false;
  bool skip_existing = false;
  std::string suffix;
  std::string format;  // of pictures in a folder or through a pipe; empty: png, or what the suffix says
  std::optional<int> quality;
  bool skip_color = false;     // leave pictures that are in colour already
  std::optional<Shard> shard;  // none: the whole
  TeachOptions teach;
  HintOptions hint;
  ReadOptions reading;
};
int run_colorize(const ColorizeOptions&);

struct VideoOptions {
  std::string input;   // a file, a folder of them, an address, or "-": a YUV4MPEG2 stream; with `frames` a folder of
                       // pictures or a pattern
  std::string output;  // likewise
  std::string model = embedded;
  std::string sha256;  // of the model; empty: any
  std::optional<float> temperature;
  float saturation = 1.0f;
  bool consensus = true;  // what looks alike gets one colour
  std::optional<int> size;
  std::string precision = "float";
  int threads = 0;
  TeachOptions teach;
  float steadiness = 1.0f;
  bool every_frame = false;
  bool recolor = false;        // whatever colours the stream has
  bool pass_infrared = false;  // a stream that was in colour stays grey where it is
  std::string remember;        // a camera's memory that this stream adds to; empty: none
  bool frames = false;
  std::string encode;  // options of ffmpeg; empty: the usual ones
  int timeout = 60;    // seconds without a byte of the source that end it; 0: none does
  std::string json;    // a file, or "-"; of a folder a folder; empty: none
  bool recursive = false;
  bool skip_existing = false;
  std::optional<Shard> shard;  // none: the whole folder
  bool quiet = false;
};
int run_video(const VideoOptions&);

struct LearnOptions {
  std::vector<std::string> inputs;
  std::string output;
  bool add = false;
  bool recursive = false;
  std::string model = embedded;
  std::string sha256;  // of the model; empty: any
  std::optional<int> size;
  int threads = 0;
  ReadOptions reading;
};
int run_learn(const LearnOptions&);

struct ImportOptions {
  std::string source;
  std::string sha256;  // of the source; empty: any
  std::string output;
  std::string network;  // a name, or a file with the network's text; empty: found by the tensors
  std::string dtype;    // float32, float16 or bfloat16; empty: as in the source
  bool list = false;
  bool no_proof = false;
  bool quiet = false;
};
int run_import(const ImportOptions&);

struct KnownOptions {
  bool json = false;
};
int run_known(const KnownOptions&);

struct InfoOptions {
  std::string model;
  std::string sha256;
  bool history = false;  // the whole story of its training, too
  bool text = false;     // the network's text, nothing else
  bool json = false;
};
int run_info(const InfoOptions&);

struct VerifyOptions {
  std::string model;
  std::string sha256;
  bool quiet = false;
};
int run_verify(const VerifyOptions&);

struct AuditOptions {
  std::string model;
  std::string sha256;
  std::string picture;  // empty: random lightness
  std::string json;     // a file, if not empty
  std::optional<int> size;
  std::string precision = "float";
  int threads = 0;
  std::optional<int> limit;  // megapixels
  bool quiet = false;
};
int run_audit(const AuditOptions&);

struct RunOptions {
  std::string model;
  std::string sha256;
  std::string input;
  std::string output;
  std::string layer;
  std::string engine;  // empty: fast, or readable for double precision
  std::string precision = "float";
  int threads = 0;
};
int run_run(const RunOptions&);

struct BenchOptions {
  std::string network = "street";
  std::string model;   // instead of random weights, if not empty
  std::string sha256;  // of that model; empty: any
  int height = 256;
  int width = 256;
  int threads = 0;
  int runs = 10;
  std::string engine = "fast";
  std::string precision = "float";
  std::optional<int> memory;            // megabytes that the fast engine may take
  std::vector<std::string> algorithms;  // LAYER=NAME: instead of the fast engine's own choice
  bool layers = false;
  bool json = false;
  bool quiet = false;
};
int run_bench(const BenchOptions&);

struct EvalOptions {
  std::string folder;
  std::string model = embedded;
  std::string sha256;
  int size = 256;
  std::optional<float> temperature;
  std::string precision = "float";
  int threads = 0;
  std::optional<int> first;  // so many pictures only
  bool consensus = true;     // what looks alike gets one colour
  TeachOptions teach;        // `like`: FIRST, each camera's first picture, or files
  bool by_prefix = false;    // a part for what begins alike, too
  bool disturb = false;      // measure how far the colours move with the input, too
  bool json = false;
  ReadOptions reading;
};
int run_eval(const EvalOptions&);

}  // namespace ochre::program

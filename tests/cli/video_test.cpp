// `ochre video`, run as a user runs it: streams that the test makes, whole and broken, and what the machine's ffmpeg
// makes of them where there is one.
#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include <ochre/image_io/load_picture.hpp>
#include <ochre/image_io/save_picture.hpp>
#include <ochre/image_io/y4m.hpp>

#include "support/program.hpp"
#include "support/tiny_model.hpp"

using namespace ochre;
using namespace ochre::test;

namespace {

// A stream of frames whose luma is a moving ramp with noise in it.
struct MadeVideo {
  std::string space = "420jpeg";
  Index width = 21;
  Index height = 15;
  int frames = 4;
  std::string tags = " F25:1 Ip A1:1";

  std::string header() const {
    return "YUV4MPEG2 W" + std::to_string(width) + " H" + std::to_string(height) + tags + " C" + space + "\n";
  }
  YuvFormat format() const { return parse_y4m_header(header().substr(0, header().size() - 1)).value().format; }
  std::size_t luma_bytes() const { return static_cast<std::size_t>(width * height * bytes_per_sample(format().depth)); }
  std::size_t frame_bytes() const {
    return static_cast<std::size_t>(image_io::y4m_frame_bytes(width, height, format()));
  }
  std::string frame(int number) const {
    std::string bytes(frame_bytes(), '\x80');
    unsigned noise = 17u * static_cast<unsigned>(number) + 1;
    const bool deep = format().depth != YuvDepth::bits8;
    for (std::size_t i = 0; i < luma_bytes(); ++i) {
      noise = noise * 1664525u + 1013904223u;
      bytes[i] = static_cast<char>(deep && i % 2 == 1 ? noise >> 30 : noise >> 24);
    }
    return bytes;
  }
  std::string bytes() const {
    std::string all = header();
    for (int i = 0; i < frames; ++i) all += "FRAME\n" + frame(i);
    return all;
  }
};

// What a stream holds, taken apart.
struct ReadVideo {
  Y4mHeader header;
  std::vector<std::string> frames;
  std::string rest;  // that is no whole frame

  explicit ReadVideo(const std::string& bytes) {
    std::size_t at = bytes.find('\n');
    REQUIRE(at != std::string::npos);
    const auto parsed = parse_y4m_header(bytes.substr(0, at));
    REQUIRE(parsed);
    header = *parsed;
    ++at;
    const auto size = static_cast<std::size_t>(image_io::y4m_frame_bytes(header.width, header.height, header.format));
    while (bytes.size() - at >= size + 6 && bytes.compare(at, 6, "FRAME\n") == 0) {
      frames.push_back(bytes.substr(at + 6, size));
      at += 6 + size;
    }
    rest = bytes.substr(at);
  }
};

// A folder with a model, and the verb.
struct Studio {
  TemporaryFolder folder;
  std::string model = folder.write("tiny.safetensors", TinyModel{}.bytes());

  std::string path(const std::string& name) const { return folder.path(name); }
  std::string video(const std::string& name, const MadeVideo& made = {}) const {
    return folder.write(name, made.bytes());
  }
  Words words(const Words& more) const {
    Words all{"video", "--model", model, "--threads", "1"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Outcome run(const Words& more, const RunLimits& limits = {}) const { return run_program(words(more), limits); }
  bool has(const std::string& name) const { return std::filesystem::exists(path(name)); }
  // No temporary file is left.
  bool is_clean() const {
    for (const auto& entry : std::filesystem::directory_iterator(folder.path("."))) {
      if (entry.path().filename().string().starts_with(".ochre-")) return false;
    }
    return true;
  }
};

void check_luma(const MadeVideo& made, const ReadVideo& read, int frames) {
  REQUIRE(static_cast<int>(read.frames.size()) == frames);
  for (int i = 0; i < frames; ++i) {
    CHECK(read.frames[static_cast<std::size_t>(i)].compare(0, made.luma_bytes(), made.frame(i), 0, made.luma_bytes()) ==
          0);
  }
}

// The program with pipes at its ends, while it runs.
class RunningVideo {
 public:
  explicit RunningVideo(const Words& words) {
    int in[2];
    int out[2];
    REQUIRE(::pipe2(in, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
    child_ = ::fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) {
#if defined(OCHRE_PROGRAM)
      const std::string program = OCHRE_PROGRAM;
#else
      const std::string program = "ochre";
#endif
      const int silent = ::open("/dev/null", O_WRONLY);
      std::vector<char*> list{const_cast<char*>("ochre")};
      for (const std::string& word : words) list.push_back(const_cast<char*>(word.c_str()));
      list.push_back(nullptr);
      if (::dup2(in[0], 0) == 0 && ::dup2(out[1], 1) == 1 && ::dup2(silent, 2) == 2) {
        ::execvp(program.c_str(), list.data());
      }
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    input_ = in[1];
    output_ = out[0];
  }
  ~RunningVideo() {
    close_input();
    close_output();
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      end();
    }
  }

  void write(const std::string& bytes) const { REQUIRE(::write(input_, bytes.data(), bytes.size()) >= 0); }
  void close_input() { close_end(input_); }
  void close_output() { close_end(output_); }
  void signal(int number) const { ::kill(child_, number); }

  // Until so many bytes of output have come, ten seconds at most.
  bool wait_for(std::size_t bytes) {
    const auto start = std::chrono::steady_clock::now();
    while (read_ < bytes) {
      if (std::chrono::steady_clock::now() - start > std::chrono::seconds(10)) return false;
      pollfd wait{output_, POLLIN, 0};
      if (::poll(&wait, 1, 100) <= 0) continue;
      char part[4096];
      const ssize_t count = ::read(output_, part, sizeof(part));
      if (count <= 0) return false;
      read_ += static_cast<std::size_t>(count);
    }
    return true;
  }

  int end() {  // its exit code
    int status = 0;
    REQUIRE(::waitpid(child_, &status, 0) == child_);
    child_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  static void close_end(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }

  pid_t child_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::size_t read_ = 0;
};

void wait_for_file(const std::string& folder, std::size_t bytes) {
  for (int i = 0; i < 1000; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::error_code gone;
      if (!entry.path().filename().string().starts_with(".ochre-")) continue;
      if (std::filesystem::file_size(entry.path(), gone) >= bytes && !gone) return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  FAIL("no temporary file of that size");
}

// PATH of this process and what it starts, for a while.
class OtherPath {
 public:
  explicit OtherPath(const std::string& path) : before_(std::getenv("PATH")) { ::setenv("PATH", path.c_str(), 1); }
  ~OtherPath() { ::setenv("PATH", before_.c_str(), 1); }

 private:
  std::string before_;
};

// A camera on this machine's network: it sends the same bytes to each of the first `calls` who call, and is gone then.
class Camera {
 public:
  Camera(std::string bytes, int calls) : bytes_(std::move(bytes)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(place);
    auto* const address = reinterpret_cast<sockaddr*>(&place);
    REQUIRE(::bind(listener_, address, size) == 0);
    REQUIRE(::listen(listener_, 1) == 0);
    REQUIRE(::getsockname(listener_, address, &size) == 0);
    port_ = ntohs(place.sin_port);
    sender_ = std::thread([this, calls] {
      for (int i = 0; i < calls; ++i) answer();
      ::shutdown(listener_, SHUT_RDWR);
    });
  }
  ~Camera() {
    ::shutdown(listener_, SHUT_RDWR);  // it may wait for a call
    sender_.join();
    ::close(listener_);
  }

  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  void answer() const {
    const int call = ::accept(listener_, nullptr, nullptr);
    if (call < 0) return;
    for (std::size_t sent = 0; sent < bytes_.size();) {
      const ssize_t count = ::send(call, bytes_.data() + sent, bytes_.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) break;
      sent += static_cast<std::size_t>(count);
    }
    ::shutdown(call, SHUT_WR);
    ::close(call);
  }

  std::string bytes_;
  int listener_ = -1;
  int port_ = 0;
  std::thread sender_;
};

bool has_ffmpeg() {
  const bool has = std::system("ffmpeg -version >/dev/null 2>&1 && ffprobe -version >/dev/null 2>&1") == 0;
  if (!has) MESSAGE("no ffmpeg here: what goes through it is not tested");
  return has;
}

std::string output_of_shell(const TemporaryFolder& folder, const std::string& command) {
  const std::string file = folder.path("shell_output");
  CAPTURE(command);
  REQUIRE(std::system((command + " >'" + file + "'").c_str()) == 0);
  return content_of(file);
}

}  // namespace

TEST_CASE("video: luma is kept bit for bit in every format, and there is colour") {
  for (const char* space :
       {"420jpeg", "420mpeg2", "420paldv", "420", "422", "444", "mono", "420p10", "422p10", "444p10", "mono10"}) {
    CAPTURE(space);
    const Studio studio;
    const MadeVideo made{.space = space, .tags = " F30000:1001 It A4:3 XCOLORRANGE=FULL"};
    const Outcome run = studio.run({studio.video("in.y4m", made), "-o", studio.path("out.y4m")});
    CAPTURE(run.err);
    REQUIRE(run.code == 0);
    CHECK(run.out.empty());
    CHECK(run.says("4 frames in "));
    CHECK(run.says(" times real time"));
    const ReadVideo read(content_of(studio.path("out.y4m")));
    CHECK(read.rest.empty());
    check_luma(made, read, 4);
    CHECK(read.header.rate.numerator == 30000);
    CHECK(read.header.aspect.denominator == 3);
    CHECK(read.header.fields == Y4mFields::top_first);
    CHECK(read.header.format.range == YuvRange::full);
    CHECK(read.header.format.depth == made.format().depth);
    const bool mono = std::string(space).starts_with("mono");
    CHECK(read.header.color_space == (mono ? std::string(space) == "mono" ? "420jpeg" : "420p10" : space));
    const std::string chroma = read.frames[1].substr(made.luma_bytes());
    CHECK(chroma.find_first_not_of(chroma[0]) != std::string::npos);
    CHECK(studio.is_clean());
  }
}

TEST_CASE("video: one pixel, one frame") {
  const Studio studio;
  const MadeVideo made{.width = 1, .height = 1, .frames = 1};
  CHECK(studio.run({studio.video("in.y4m", made), "-o", studio.path("out.y4m")}).code == 0);
  check_luma(made, ReadVideo(content_of(studio.path("out.y4m"))), 1);
}

TEST_CASE("video: from standard input to standard output it is the same as from file to file") {
  const Studio studio;
  const MadeVideo made;
  REQUIRE(studio.run({studio.video("in.y4m", made), "-o", studio.path("out.y4m"), "--quiet"}).code == 0);
  const std::string expected = content_of(studio.path("out.y4m"));
  RunningVideo running(studio.words({"-", "-o", "-"}));
  running.write(made.bytes());
  running.close_input();
  CHECK(running.wait_for(expected.size()));
  CHECK(running.end() == 0);
}

TEST_CASE("video: a frame is written before the third one after it is needed") {
  const Studio studio;
  const MadeVideo made{.frames = 8};
  RunningVideo running(studio.words({"-", "-o", "-"}));
  running.write(made.header());
  const std::size_t header =
      y4m_header_line(parse_y4m_header(made.header().substr(0, made.header().size() - 1)).value()).size();
  for (int i = 0; i < 8; ++i) {
    running.write("FRAME\n" + made.frame(i));
    if (i >= 2) CHECK(running.wait_for(header + static_cast<std::size_t>(i - 1) * (made.frame_bytes() + 6)));
  }
  running.close_input();
  CHECK(running.wait_for(header + 8 * (made.frame_bytes() + 6)));
  CHECK(running.end() == 0);
}

TEST_CASE("video: --json tells what was done") {
  const Studio studio;
  const std::string in = studio.video("in.y4m");
  const Outcome run = studio.run({in, "-o", studio.path("out.y4m"), "--json", studio.path("report.json"), "--quiet"});
  CHECK(run.code == 0);
  CHECK(run.err.empty());
  const auto json = nlohmann::ordered_json::parse(content_of(studio.path("report.json")));
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  CHECK(keys == std::vector<std::string>{"input", "output", "width", "height", "frames", "seconds", "fps", "realtime",
                                         "predicted", "network_seconds", "coloured", "cuts", "events",
                                         "peak_rss_bytes"});
  CHECK(json["input"] == in);
  CHECK(json["width"] == 21);
  CHECK(json["height"] == 15);
  CHECK(json["frames"] == 4);
  CHECK(json["predicted"].get<int>() >= 1);
  CHECK(json["peak_rss_bytes"].get<long long>() > 1'000'000);
  const Outcome printed = studio.run({in, "-o", studio.path("again.y4m"), "--json", "-"});
  CHECK(nlohmann::ordered_json::parse(printed.out)["frames"] == 4);
  CHECK(studio.run({in, "-o", "-", "--json", "-"}).code == 2);
}

TEST_CASE("video: of a broken stream all whole frames are kept, and it is said what broke it") {
  const Studio studio;
  const MadeVideo made;
  const std::string whole = made.bytes();
  struct Fault {
    std::string bytes;
    int frames;
    const char* says;
  };
  const std::string other = MadeVideo{.width = 23}.bytes();
  for (const Fault& fault : {Fault{whole.substr(0, whole.size() - 1), 3, "frame 4: found "},
                             Fault{whole.substr(0, whole.size() - made.frame_bytes() - 3), 3, "expected FRAME"},
                             Fault{whole + "FRAM", 4, "found \"FRAM\", expected FRAME"},
                             Fault{whole + "garbage\x1b[2J without end", 4, "frame 5: found \"garbage"},
                             Fault{whole + other, 4, "frame 5: found a second header, \"YUV4MPEG2 W23"}}) {
    CAPTURE(fault.says);
    const std::string in = studio.folder.write("in.y4m", fault.bytes);
    const Outcome run = studio.run({in, "-o", studio.path("out.y4m"), "--quiet"});
    CAPTURE(run.err);
    CHECK(run.code == 3);
    CHECK(run.says(fault.says));
    CHECK(run.says("out.y4m: holds the " + std::to_string(fault.frames) + " frames that were whole"));
    CHECK(run.error_lines() == 2);
    const ReadVideo read(content_of(studio.path("out.y4m")));
    CHECK(read.rest.empty());
    check_luma(made, read, fault.frames);
    CHECK(studio.is_clean());
  }
}

TEST_CASE("video: what is no stream, or has no frame, leaves nothing") {
  const Studio studio;
  const std::string header = MadeVideo{}.header();
  for (const std::string& bytes : {std::string(), std::string("\n"), std::string("\x89PNG"), header, header + "FRAME\n",
                                   std::string("YUV4MPEG2 W4 H4 C444alpha\n"),
                                   std::string("YUV4MPEG2 W99999 H99999\nFRAME\n"), std::string(5000, 'a')}) {
    CAPTURE(bytes);
    const Outcome run = studio.run({studio.folder.write("in.y4m", bytes), "-o", studio.path("out.y4m")});
    CHECK(run.code == 3);
    CHECK(run.error_lines() == 1);
    CHECK(run.says("in.y4m: "));
    CHECK_FALSE(studio.has("out.y4m"));
    CHECK(studio.is_clean());
  }
  CHECK(studio.run({studio.path("missing.y4m"), "-o", studio.path("out.y4m")}).says("no such file"));
  CHECK(studio.run({studio.path("."), "-o", studio.path("out.y4m")}).code == 2);
}

TEST_CASE("video: what cannot be meant is refused before anything is done") {
  const Studio studio;
  const std::string in = studio.video("in.y4m");
  const std::string before = content_of(in);
  for (const Words& words :
       {Words{in, "-o", in}, Words{in, "-o", studio.path("./in.y4m")}, Words{in, "-o", studio.model},
        Words{in, "-o", studio.path(".")}, Words{in, "-o", studio.path("x.y4m"), "--encode", "-c:v ffv1"},
        Words{in, "-o", studio.path("x.y4m"), "--like-place"},
        Words{in, "-o", studio.path("x.y4m"), "--steadiness", "2"}, Words{"-", "-o", studio.path("x"), "--frames"},
        Words{in}}) {
    CAPTURE(words);
    CHECK(studio.run(words).code == 2);
  }
  CHECK(content_of(in) == before);
  CHECK_FALSE(studio.has("x.y4m"));
  CHECK(studio.run({in, "-o", studio.path("x.y4m"), "--camera", in}).code == 3);
  CHECK_FALSE(studio.has("x.y4m"));
}

TEST_CASE("video: a full disk keeps the whole frames, a full standard output says so") {
  const Studio studio;
  const MadeVideo made;
  const std::string in = studio.video("in.y4m", made);
  const std::size_t room = made.header().size() + 2 * (made.frame_bytes() + 6) + 100;
  const Outcome run = studio.run({in, "-o", studio.path("out.y4m")}, {.file_bytes = room});
  CAPTURE(run.err);
  CHECK(run.code == 3);
  CHECK(run.says("out.y4m: holds the 2 frames that were whole"));
  const ReadVideo read(content_of(studio.path("out.y4m")));
  CHECK(read.rest.empty());
  check_luma(made, read, 2);
  CHECK(studio.is_clean());
  const Outcome full = studio.run({in, "-o", "-"}, {.standard_output = "/dev/full"});
  CHECK(full.code == 3);
  CHECK(full.says("standard output: found No space left"));
}

TEST_CASE("video: of what ffmpeg wrote on a disk that is full, what can be played is kept") {
  if (!has_ffmpeg()) return;
  const Studio studio;
  const std::string in = studio.video("in.y4m", {.width = 320, .height = 240, .frames = 30});  // noise: large
  for (const char* name : {"out.mkv", "out.ts", "out.avi"}) {
    CAPTURE(name);
    const Outcome run = studio.run({in, "-o", studio.path(name)}, {.file_bytes = 400'000});
    CAPTURE(run.err);
    CHECK(run.code == 3);
    CHECK(run.says("holds what ffmpeg had written"));
    const std::string frames = output_of_shell(studio.folder,
                                               "ffprobe -v quiet -count_frames -select_streams v -show_entries "
                                               "stream=nb_read_frames -of csv=p=0 '" +
                                                   studio.path(name) + "' | head -n 1");
    CHECK(std::atoi(frames.c_str()) >= 1);
  }
  const Outcome run = studio.run({in, "-o", studio.path("out.mp4")}, {.file_bytes = 400'000});
  CHECK(run.code == 3);
  CHECK(run.says("is not kept; an .mkv could"));
  CHECK_FALSE(studio.has("out.mp4"));
  CHECK(studio.is_clean());
}

TEST_CASE("video: a reader that goes away ends it") {
  const Studio studio;
  const MadeVideo made{.width = 320, .height = 200, .frames = 6};
  const std::string in = studio.video("in.y4m", made);
  RunningVideo running(studio.words({in, "-o", "-"}));
  CHECK(running.wait_for(100));
  running.close_output();
  CHECK(running.end() == 3);
}

TEST_CASE("video: SIGINT and SIGTERM finish the output, though the source is silent") {
  for (const int number : {SIGINT, SIGTERM}) {
    const Studio studio;
    const MadeVideo made;
    RunningVideo running(studio.words({"-", "-o", studio.path("out.y4m")}));
    running.write(made.header() + "FRAME\n" + made.frame(0) + "FRAME\n" + made.frame(1) + "FRAME\nhalf");
    wait_for_file(studio.path("."), 2 * made.frame_bytes() + 12);
    running.signal(number);
    CHECK(running.end() == 128 + number);
    check_luma(made, ReadVideo(content_of(studio.path("out.y4m"))), 2);
    CHECK(studio.is_clean());
  }
}

TEST_CASE("video: a source that is silent for --timeout seconds is at its end") {
  const Studio studio;
  const MadeVideo made;
  RunningVideo running(studio.words({"-", "-o", studio.path("out.y4m"), "--timeout", "1"}));
  running.write(made.header() + "FRAME\n" + made.frame(0));
  CHECK(running.end() == 3);
  check_luma(made, ReadVideo(content_of(studio.path("out.y4m"))), 1);
}

TEST_CASE("video: a live source that ends is connected anew, until it is gone for --timeout seconds") {
  if (!has_ffmpeg()) return;
  const Studio studio;
  MadeVideo made{.frames = 3};
  SUBCASE("each connection brings three frames") {
    const Camera camera(made.bytes(), 4);  // one call to look at it, three to watch it
    const Outcome outcome = studio.run(
        {"tcp://" + camera.host(), "-o", studio.path("out.y4m"), "--timeout", "4", "--json", studio.path("what.json")});
    CHECK(outcome.code == 3);
    CHECK(outcome.err.find("the stream ended; connecting anew") != std::string::npos);
    CHECK(outcome.err.find("no frame for 4 s") != std::string::npos);
    CHECK(outcome.err.find("holds the 9 frames that were whole") != std::string::npos);
    const ReadVideo read(content_of(studio.path("out.y4m")));
    REQUIRE(read.frames.size() == 9);
    for (std::size_t i = 0; i < 9; ++i) {
      CHECK(read.frames[i].compare(0, made.luma_bytes(), made.frame(static_cast<int>(i % 3)), 0, made.luma_bytes()) ==
            0);
    }
    const auto report = nlohmann::json::parse(content_of(studio.path("what.json")));
    int reconnections = 0;
    double before = 0;
    for (const auto& event : report["events"]) {
      if (event["kind"] != "reconnection") continue;
      CHECK(event["frame"] == 3 * ++reconnections);
      CHECK(event["time"].get<double>() > before + 1);  // by the clock on the wall
      before = event["time"];
    }
    CHECK(reconnections == 2);
  }
  SUBCASE("a file through an address has its own end") {
    const std::string file = studio.video("in.nut", made);
    REQUIRE(std::system(("ffmpeg -v error -y -f yuv4mpegpipe -i '" + file + "' -c:v ffv1 -f matroska '" +
                         studio.path("in.mkv") + "'")
                            .c_str()) == 0);
    const Outcome outcome = studio.run({"file://" + studio.path("in.mkv"), "-o", studio.path("out.y4m")});
    CHECK(outcome.code == 0);
    CHECK(outcome.err.find("connecting") == std::string::npos);
  }
}

TEST_CASE("video: no password of an address is shown") {
  if (!has_ffmpeg()) return;
  const Studio studio;
  const Camera camera("", 0);  // its port is nobody's
  const Outcome outcome = studio.run({"http://me:s3cret@" + camera.host() + "/gate7", "-o", studio.path("out.mkv")});
  CHECK(outcome.code == 3);
  CHECK(outcome.err.find("s3cret") == std::string::npos);
  CHECK(outcome.err.find("http://me:***@127.0.0.1:") != std::string::npos);
}

TEST_CASE("video: without ffmpeg raw streams work, and all else says what is missing") {
  const Studio studio;
  const std::string in = studio.video("in.y4m");
  const std::string other = studio.folder.write("in.mp4", "no video");
  const OtherPath nowhere(studio.path("no_programs"));
  CHECK(studio.run({in, "-o", studio.path("out.y4m")}).code == 0);
  for (const Words& words : {Words{other, "-o", studio.path("out2.y4m")}, Words{in, "-o", studio.path("out.mkv")}}) {
    const Outcome run = studio.run(words);
    CHECK(run.code == 3);
    CHECK(run.error_lines() == 1);
    CHECK(run.says("found no such program in PATH"));
  }
  CHECK_FALSE(studio.has("out2.y4m"));
  CHECK_FALSE(studio.has("out.mkv"));
  CHECK(studio.is_clean());
}

TEST_CASE("video: an ffmpeg that dies or writes garbage is reported, and nothing of it stays") {
  const Studio studio;
  const std::string in = studio.folder.write("in.mp4", "anything");
  const auto program = [&](const std::string& name, const std::string& text) {
    std::filesystem::create_directories(studio.path("bin"));
    studio.folder.write("bin/" + name, "#!/bin/sh\n" + text + "\n");
    REQUIRE(::chmod(studio.path("bin/" + name).c_str(), 0755) == 0);
  };
  const std::string facts =
      "echo '{\"streams\":[{\"index\":0,\"codec_type\":\"video\",\"width\":4,\"height\":4,\"pix_fmt\":\"yuv420p\","
      "\"time_base\":\"1/25\",\"r_frame_rate\":\"25/1\",\"avg_frame_rate\":\"25/1\"}]}'";
  const OtherPath path(studio.path("bin") + ":" + std::getenv("PATH"));
  for (const std::string& probe :
       {std::string("echo '{'"), std::string("echo 7"), std::string("exit 9"), std::string("echo '{\"streams\":7}'"),
        std::string("echo '{\"streams\":[7]}'"), std::string("yes"), std::string("kill -9 $$")}) {
    CAPTURE(probe);
    program("ffprobe", probe);
    program("ffmpeg", "echo ffmpeg version 7.0");
    CHECK(studio.run({in, "-o", studio.path("out.y4m")}).code == 3);
  }
  program("ffprobe", facts);
  for (const std::string& decoder : {std::string("echo garbage"), std::string("exit 1"), std::string("kill -9 $$"),
                                     std::string("yes N"), std::string("printf 'nut/multimedia container\\0NM'"),
                                     std::string("printf 'nut/multimedia container\\0NM'; cat /dev/zero"),
                                     std::string("echo trouble >&2; exit 1")}) {
    CAPTURE(decoder);
    program("ffmpeg", "[ \"$1\" = -version ] && { echo ffmpeg version 7.0; exit; }\n" + decoder);
    const Outcome run = studio.run({in, "-o", studio.path("out.y4m")});
    CAPTURE(run.err);
    CHECK(run.code == 3);
    CHECK(run.error_lines() == 1);
    CHECK_FALSE(studio.has("out.y4m"));
    CHECK(studio.is_clean());
    if (decoder.find("trouble") != std::string::npos) CHECK(run.says("trouble"));
  }
}

TEST_CASE("video: --frames colours numbered pictures, of a folder or of a pattern") {
  const Studio studio;
  std::filesystem::create_directory(studio.path("shots"));
  for (int number = 1; number <= 3; ++number) {
    auto picture = LoadedPicture::create(20, 12, number == 2 ? PixelFormat::rgb8 : PixelFormat::gray8).value();
    for (Index i = 0; i < picture.height * picture.row_stride(); ++i) {
      picture.pixels.data()[i] = static_cast<std::uint8_t>(60 + i % 90);
    }
    const LoadedPicture& made = picture;
    REQUIRE(save_picture(studio.path("shots/shot-0" + std::to_string(number) + ".png"), made.view()).ok());
  }
  for (const std::string& input : {studio.path("shots"), studio.path("shots/shot-%02d.png")}) {
    CAPTURE(input);
    std::filesystem::remove_all(studio.path("out"));
    const Outcome run = studio.run({input, "-o", studio.path("out"), "--frames"});
    CAPTURE(run.err);
    CHECK(run.code == 0);
    CHECK(run.says("3 frames in"));
    for (int number = 1; number <= 3; ++number) {
      const auto picture = load_picture(studio.path("out/shot-0" + std::to_string(number) + ".png"));
      REQUIRE(picture);
      CHECK(picture->format == PixelFormat::rgb8);
      const std::uint8_t* pixel = picture->view().row(6) + 30;
      CHECK((pixel[0] != pixel[1] || pixel[1] != pixel[2]));
    }
  }
  CHECK(studio.run({studio.path("shots"), "-o", studio.path("shots"), "--frames"}).code == 2);
  CHECK(studio.run({studio.path("none-%d.png"), "-o", studio.path("out"), "--frames"}).code == 3);
  CHECK(studio.run({studio.path("%s%s.png"), "-o", studio.path("out"), "--frames"}).code == 3);
}

TEST_CASE("video: through ffmpeg luma, times and what comes along are kept") {
  if (!has_ffmpeg()) return;
  const Studio studio;
  const std::string quiet = "ffmpeg -nostdin -v error -y ";
  const auto luma_of = [&](const std::string& name, const std::string& samples) {
    return output_of_shell(studio.folder, quiet + "-i '" + studio.path(name) +
                                              "' -map 0:v -vsync passthrough -pix_fmt " + samples +
                                              " -vf extractplanes=y -f framemd5 - | grep -v '^#' | cut -d, -f6");
  };
  const auto times_of = [&](const std::string& name) {
    return output_of_shell(
        studio.folder,
        "ffprobe -v error -select_streams v -show_entries frame=best_effort_timestamp_time -of csv=p=0 '" +
            studio.path(name) + "' | cut -d, -f1");
  };
  // Every third frame is missing, the second begins late: no rate fits.
  for (const std::string& samples : {std::string("yuv420p"), std::string("yuv422p"), std::string("yuv444p"),
                                     std::string("yuv420p10le"), std::string("yuv444p10le")}) {
    CAPTURE(samples);
    REQUIRE(
        std::system((quiet +
                     "-f lavfi -i testsrc2=d=1:s=64x48:r=25 -f lavfi -i sine=d=1 -vf \"select='mod(n,3)',scale=63:47\" "
                     "-vsync vfr -c:v ffv1 -c:a pcm_s16le -metadata title=Yard -pix_fmt " +
                     samples + " -colorspace bt709 -color_trc gamma28 '" + studio.path("in.mkv") + "'")
                        .c_str()) == 0);
    const Outcome run = studio.run({studio.path("in.mkv"), "-o", studio.path("out.mkv"), "--encode", "-c:v ffv1"});
    CAPTURE(run.err);
    REQUIRE(run.code == 0);
    const std::string luma = luma_of("in.mkv", samples);
    const std::string times = times_of("in.mkv");
    CHECK(std::count(luma.begin(), luma.end(), '\n') == 16);
    CHECK(times.substr(0, 27) == "0.040000\n0.080000\n0.160000\n");
    CHECK(luma_of("out.mkv", samples) == luma);
    CHECK(times_of("out.mkv") == times);
    const std::string facts =
        output_of_shell(studio.folder, "ffprobe -v error -show_streams -show_format '" + studio.path("out.mkv") + "'");
    for (const std::string& fact :
         {std::string("codec_name=pcm_s16le"), std::string("TAG:title=Yard"), "pix_fmt=" + samples,
          std::string("color_space=bt709"), std::string("color_transfer=bt470bg")}) {
      CAPTURE(fact);
      CHECK(facts.find(fact) != std::string::npos);
    }
    CHECK(studio.is_clean());
  }
}

TEST_CASE("video: an odd side comes out as it went in, in each container") {
  if (!has_ffmpeg()) return;
  const Studio studio;
  for (const char* tags : {" F25:1 Ip A1:1", " F25:1 Ip A1:1 XCOLORRANGE=FULL"}) {  // flat, so that no codec changes it
    const MadeVideo made{.tags = tags};
    std::string stream = made.header();
    for (int i = 0; i < 3; ++i) {
      stream += "FRAME\n" + std::string(made.luma_bytes(), static_cast<char>(60)) +
                std::string(made.frame_bytes() - made.luma_bytes(), '\x80');
    }
    REQUIRE(studio.run({studio.folder.write("flat.y4m", stream), "-o", studio.path("flat.mkv")}).code == 0);
    const std::string luma = output_of_shell(
        studio.folder, "ffmpeg -v error -i '" + studio.path("flat.mkv") + "' -vf extractplanes=y -f rawvideo -");
    REQUIRE(luma.size() == 3 * made.luma_bytes());
    for (const char code : luma) CHECK(std::abs(code - 60) <= 1);
  }
  for (const char* space : {"420jpeg", "422", "420p10"}) {
    for (const char* name : {"out.mp4", "out.mkv", "out.mov", "out.avi"}) {
      CAPTURE(space);
      CAPTURE(name);
      const std::string in = studio.video("in.y4m", {.space = space});
      REQUIRE(studio.run({in, "-o", studio.path(name)}).code == 0);
      const std::string size = output_of_shell(
          studio.folder, "ffprobe -v error -show_entries stream=width,height -of csv=p=0 '" + studio.path(name) + "'");
      CHECK(size == "21,15\n");
    }
  }
}

TEST_CASE("video: odd names reach ffmpeg as names, and nothing else does") {
  if (!has_ffmpeg()) return;
  const Studio studio;
  const MadeVideo made{.width = 32, .height = 24, .frames = 3};
  studio.video("plain.y4m", made);
  const std::string odd = "-i $(touch x); a:b %d.mkv";
  REQUIRE(studio.run({studio.path("plain.y4m"), "-o", studio.path("first.mkv"), "--encode", "-c:v ffv1"}).code == 0);
  std::filesystem::rename(studio.path("first.mkv"), studio.path(odd));
  const Outcome run = studio.run({"-o", "out-%d.y4m", "--", odd}, {.folder = studio.path(".")});
  CAPTURE(run.err);
  CHECK(run.code == 0);
  check_luma(made, ReadVideo(content_of(studio.path("out-%d.y4m"))), 3);
  CHECK_FALSE(studio.has("x"));
  for (const char* name : {"concat:first", "data:first", "pipe:0", "-f", "nothing.mp4"}) {
    CAPTURE(name);
    const Outcome refused = studio.run({"-o", studio.path("none.y4m"), "--", name});
    CHECK(refused.code == 3);
    CHECK(refused.says("found no such file"));
  }
}

TEST_CASE("video: a file that is cut short gives what it has, with sound no longer than that") {
  if (!has_ffmpeg()) return;
  const Studio studio;
  REQUIRE(std::system(("ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=d=4:s=64x48 -f lavfi -i sine=d=4 -c:v ffv1 "
                       "-c:a pcm_s16le '" +
                       studio.path("whole.mkv") + "'")
                          .c_str()) == 0);
  const std::string whole = content_of(studio.path("whole.mkv"));
  studio.folder.write("cut.mkv", whole.substr(0, whole.size() / 2));
  const Outcome run = studio.run({studio.path("cut.mkv"), "-o", studio.path("out.mkv"), "--encode", "-c:v ffv1"});
  CAPTURE(run.err);
  CHECK(run.code == 3);
  CHECK(run.says("cut.mkv: found an end after "));
  CHECK(run.says("out.mkv: holds the "));
  const std::string seconds = output_of_shell(
      studio.folder, "ffprobe -v error -show_entries format=duration -of csv=p=0 '" + studio.path("out.mkv") + "'");
  CHECK(std::stod(seconds) > 1.0);
  CHECK(std::stod(seconds) < 3.0);
  CHECK(studio.is_clean());
}

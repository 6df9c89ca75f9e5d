// The program ochre: reads the command line, calls the verb, ends with its exit code.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <limits>

#include <CLI/CLI.hpp>

#include <ochre/base/version.hpp>
#include <ochre/parallel/parallel_for.hpp>
#include <ochre/weights/printable.hpp>
#include <ochre/weights/sha256.hpp>

#include "engine.hpp"
#include "option_checks.hpp"
#include "part_files.hpp"
#include "picture_kinds.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace ochre::program {

namespace {

constexpr char model_help[] = "Model file, or the word `embedded`";
const WholeRange size_range{8, 4096};  // the Colorizer's
const WholeRange limit_range{1, 1'000'000};
const WholeRange memory_range{1, 1 << 20};
const NumberRange temperature_range{std::numeric_limits<float>::min(), 1e6f, "above 0, at most 1000000"};

std::string check_digits(const std::string& word) {
  return weights::is_sha256(word) ? "" : "expected 64 hexadecimal digits";
}

class CommandLine {
 public:
  CommandLine() {
    app_.name("ochre");
    app_.description("Turns grey pictures into colour, on the CPU alone.");
    app_.set_version_flag("--version", std::string("ochre ") + version, "Print the version");
    app_.set_help_flag("-h,--help", "Print this help");
    app_.get_formatter()->column_width(26);
    app_.get_formatter()->label("SUBCOMMAND", "VERB");
    app_.footer(
        "`ochre VERB --help` shows a verb's options and an example.\n"
        "Exit codes: 0 done, 1 a check failed, 2 wrong command line, 3 unusable input,\n"
        "4 some of several inputs failed.");
    app_.failure_message([](const CLI::App* app, const CLI::Error& error) { return failure(*app, error); });
    add_colorize();
    add_video();
    add_learn();
    add_import();
    add_known();
    add_info();
    add_verify();
    add_audit();
    add_run();
    add_bench();
    add_eval();
  }

  int run(int count, char** words) {
    try {
      app_.parse(count, words);
      if (!verb_) throw CLI::RequiredError("A verb");  // not require_subcommand(), which hides an unknown verb's name
    } catch (const CLI::Success& success) {            // --help, --version
      return app_.exit(success);
    } catch (const CLI::ParseError& error) {
      if (count > 1 && app_.get_subcommands().empty() && words[1][0] != '-') {
        return misuse("there is no verb `" + std::string(words[1]) + "`; `ochre --help` lists them");
      }
      app_.exit(error);
      return wrong_usage;
    }
    if (const Status status = choose_kernels(); !status) return misuse(status.error().message());
    return verb_();
  }

 private:
  // An unknown option, which CLI11 says last of all, is said first: `--out x` is no missing `--output`.
  static std::string failure(const CLI::App& app, const CLI::Error& error) {
    const auto verbs = app.get_subcommands();
    const CLI::App& verb = verbs.empty() ? app : *verbs.front();
    const std::vector<std::string> words = verb.remaining();
    const auto option =
        std::find_if(words.begin(), words.end(), [](const auto& word) { return word.starts_with('-'); });
    const std::string reason = option == words.end() ? error.what() : "there is no option " + *option;
    const std::string name = verbs.empty() ? "ochre" : "ochre " + verb.get_name();
    return "ochre: " + weights::printable(reason, 600) + "\n`" + name + " --help` shows what it takes.\n";
  }

  CLI::App* add_verb(const char* name, const char* description, const char* example, const char* note = "") {
    CLI::App* verb = app_.add_subcommand(name, description)->group("Verbs");
    verb->footer(std::string(note) + "Example:\n  " + example);
    return verb;
  }

  void add_colorize() {
    auto& o = colorize_;
    auto* verb = add_verb("colorize", "Colour pictures", "ochre colorize examples/pictures -o coloured",
                          "Reads JPEG, PNG, TIFF, WebP, BMP and PNM, writes PNG, JPEG, TIFF, WebP and PPM.\n"
                          "Colours become sRGB; EXIF, XMP, resolution and comment are kept. A folder's\n"
                          "pictures become OUTPUT/NAME.png, the pages of a TIFF NAME-2.png and so on; where\n"
                          "two have one name, as a.jpg and a.png have, each keeps the whole of it:\n"
                          "a.jpg.png and a.png.png. PNG and TIFF keep 16-bit depth and alpha. No input is\n"
                          "ever overwritten, and what is named twice is coloured once.\n\n");
    verb->add_option("INPUT", o.inputs, "Pictures, folders of pictures, or - for standard\ninput")->required();
    verb->add_option("-o,--output", o.output, "A file for one picture, or - for standard output;\nelse a folder")
        ->required()
        ->option_text("OUTPUT");
    verb->add_option("--model", o.model, model_help)->option_text("FILE [embedded]");
    add_sha256(verb, o.sha256);
    add_coloring(verb, o);
    verb->add_option("--memory", o.memory, "Megabytes that the network may take; fewer make\nit slower")
        ->option_text("MB")
        ->check(memory_range);
    add_threads(verb, o.threads);
    verb->add_option("--like", o.teach.like,
                     "A picture in colour of the same or a like\nplace, or a folder of them; may be repeated")
        ->option_text("FILE")
        ->allow_extra_args(false);
    add_camera(verb, o.teach.camera)->excludes("--like");
    add_like_place(verb, o.teach.like_place);
    verb->add_option(
            "--hint", o.hint.hints,
            "A colour that is known, at column X and row Y\nfrom 0; spreads to what looks alike; may be\nrepeated")
        ->option_text("X,Y,#RRGGBB")
        ->allow_extra_args(false);
    verb->add_option("--hints", o.hint.picture, "A PNG whose opaque pixels are such colours")->option_text("FILE");
    verb->add_flag("--recursive", o.recursive, "Folders within folders, too");
    verb->add_flag("--skip-existing", o.skip_existing,
                   "Leave outputs alone that are there: goes on\nwhere a run was stopped or killed");
    add_shard(verb, o.shard, "pictures");
    verb->add_option("--suffix", o.suffix, "Added to names: _colour, or with the kind\nof file: _colour.jpg")
        ->option_text("TEXT");
    const std::string kinds = listed(picture_kinds());
    verb->add_option("--format", o.format, "In a folder or a pipe: " + kinds)
        ->option_text("KIND [png]")
        ->check([kinds](const std::string& word) {
          const auto known = picture_kinds();
          const bool is_known = std::find(known.begin(), known.end(), word) != known.end();
          return is_known ? std::string() : found(word) + ", expected " + kinds;
        });
    verb->add_option("--quality", o.quality, "Of a kind that may lose some: 1 to 100")
        ->option_text("N [95]")
        ->check(WholeRange{1, 100});
    verb->add_flag("--skip-colour", o.skip_color, "Leave pictures alone that are in colour already");
    add_limit(verb, o.reading.limit);
    verb->add_flag("--quiet", o.reading.quiet, "No progress, no remarks, no summary");
    verb->callback([this] { verb_ = [this] { return run_colorize(colorize_); }; });
  }

  void add_video() {
    auto& o = video_;
    auto* verb = add_verb("video", "Colour video",
                          "ffmpeg -v error -f lavfi -i testsrc2=d=2,hue=s=0 -pix_fmt yuv420p grey.y4m\n"
                          "  ochre video grey.y4m -o colour.y4m",
                          "- and .y4m are raw YUV4MPEG2 streams and need no other program. All else is read\n"
                          "and written by ffmpeg, which has to be in PATH: an address such as rtsp://... is\n"
                          "taken, too, and connected anew when it ends. Frames that are in colour stay as\n"
                          "they are, and teach the grey ones that follow. Luma is kept bit for bit, and so\n"
                          "are times, sound, subtitles and metadata where OUTPUT can hold them. What ends\n"
                          "early leaves an OUTPUT with every frame that was whole: exit code 3, or 130 and\n"
                          "143 for SIGINT and SIGTERM.\n"
                          "A folder's videos become OUTPUT/NAME, those of a kind that is not written\n"
                          "OUTPUT/NAME.mkv, where two have one name with the whole of it: a.ts.mkv,\n"
                          "a.mkv.mkv; one that a signal interrupts is not kept.\n\n");
    verb->add_option("INPUT", o.input, "A video, a folder of them, an address, or - for\nstandard input")->required();
    verb->add_option("-o,--output", o.output, "A video, or - for standard output; a folder for a\nfolder")
        ->required()
        ->option_text("OUTPUT");
    verb->add_option("--model", o.model, model_help)->option_text("FILE [embedded]");
    add_sha256(verb, o.sha256);
    verb->add_option("--steadiness", o.steadiness, "0: every frame by itself; 1: the past counts as\nlong as it holds")
        ->option_text("S [1]")
        ->check(NumberRange{0, 1, "from 0 to 1"});
    verb->add_flag("--every-frame", o.every_frame, "The network sees each frame, changed or not");
    verb->add_option_function<std::string>(
            "--infrared", [&o](const std::string& what) { o.pass_infrared = what == "pass"; },
            "What becomes of the grey part of a stream in\ncolour: `colour`, or `pass`")
        ->option_text("WHAT [colour]")
        ->check(CLI::IsMember({"colour", "pass"}));
    verb->add_flag("--recolour", o.recolor, "Frames in colour get other colours, too");
    verb->add_option("--remember", o.remember,
                     "What the stream teaches of its place: read if\nit is there, and written at the end")
        ->option_text("FILE");
    add_coloring(verb, o);
    add_threads(verb, o.threads);
    verb->add_option("--like", o.teach.like,
                     "A picture or video in colour of the same or a\nlike place, or a folder; may be repeated")
        ->option_text("FILE")
        ->allow_extra_args(false)
        ->excludes("--remember");
    add_camera(verb, o.teach.camera)->excludes("--like")->excludes("--remember");
    add_like_place(verb, o.teach.like_place);
    verb->add_option("--encode", o.encode, "Output options for ffmpeg, as in\n\"-c:v libx264 -qp 0\"")
        ->option_text("OPTIONS");
    verb->add_flag("--frames", o.frames,
                   "INPUT is a folder of pictures or a pattern such\nas shot-%04d.png, OUTPUT a folder for PNG");
    verb->add_option("--timeout", o.timeout,
                     "Seconds without a byte of INPUT that end it, an\naddress connected anew until then; 0: none does")
        ->option_text("N [60]")
        ->check(WholeRange{0, 86400});
    verb->add_option("--json", o.json, "Statistics; - is standard output; of a folder\nNAME.json in the folder FILE")
        ->option_text("FILE");
    verb->add_flag("--recursive", o.recursive, "Folders within the folder, too");
    verb->add_flag("--skip-existing", o.skip_existing,
                   "Leave a folder's outputs alone that are there:\ngoes on where a run was stopped or killed");
    add_shard(verb, o.shard, "videos");
    verb->add_flag("--quiet", o.quiet, "No progress, no remarks, no summary");
    verb->callback([this] { verb_ = [this] { return run_video(video_); }; });
  }

  void add_learn() {
    auto& o = learn_;
    auto* verb = add_verb("learn", "Press a camera's colour pictures into a memory",
                          "ochre learn examples/camera/hall_in_colour.jpg -o hall.safetensors\n"
                          "  ochre colorize examples/camera/hall.jpg --camera hall.safetensors -o hall.png",
                          "Of a camera that stands still: what its places look like and the colours they\n"
                          "have, in 4 MB at most, however many pictures. Grey ones and those of another\n"
                          "place are left out. `ochre info` and `ochre verify` read the memory, too.\n\n");
    verb->add_option("INPUT", o.inputs, "Colour pictures, folders of them, or videos")->required();
    verb->add_option("-o,--output", o.output, "The memory to write")->required()->option_text("CAMERA.safetensors");
    verb->add_flag("--add", o.add, "Add to a memory that is there");
    verb->add_option("--model", o.model, "Which is to colour with it: a file, or\n`embedded`")
        ->option_text("FILE [embedded]");
    add_sha256(verb, o.sha256);
    verb->add_option("--size", o.size, "Shorter side at the network, in pixels;\ndefault: the model's")
        ->option_text("N")
        ->check(size_range);
    add_threads(verb, o.threads);
    verb->add_flag("--recursive", o.recursive, "Folders within folders, too");
    add_limit(verb, o.reading.limit);
    verb->add_flag("--quiet", o.reading.quiet, "No progress, no summary");
    verb->callback([this] { verb_ = [this] { return run_learn(learn_); }; });
  }

  void add_import() {
    auto& o = import_;
    auto* verb = add_verb("import", "Make a model of a foreign weight file",
                          "ochre import weights/street.safetensors -o half.safetensors --dtype float16",
                          "Reads Caffe, PyTorch, ONNX and safetensors files. Nothing in them is executed.\n"
                          "The network is found by the names and shapes of the tensors, or by the graph.\n\n");
    verb->add_option("SOURCE", o.source, "A .caffemodel, .pth, .onnx or .safetensors file")->required();
    verb->add_option("-o,--output", o.output, "The model file to write")->option_text("MODEL.safetensors");
    verb->add_option("--network", o.network, "eccv16, siggraph17, street, or a file with a\nnetwork's text")
        ->option_text("NAME");
    add_sha256(verb, o.sha256, "What SOURCE must have, else exit 3");
    verb->add_option("--dtype", o.dtype, "Store as float32, float16 or bfloat16, and say\nwhat that does to each layer")
        ->option_text("TYPE")
        ->check(CLI::IsMember({"float32", "float16", "bfloat16"}));
    verb->add_flag("--list", o.list, "Print the tensors found, write nothing");
    verb->add_flag("--no-proof", o.no_proof, "Faster; `ochre verify` will refuse the model");
    verb->add_flag("--quiet", o.quiet, "No notes, no summary");
    verb->callback([this] { verb_ = [this] { return run_import(import_); }; });
  }

  void add_known() {
    auto* verb = add_verb("known", "List the public weight files that import knows", "ochre known");
    verb->add_flag("--json", known_.json, "As JSON");
    verb->callback([this] { verb_ = [this] { return run_known(known_); }; });
  }

  void add_info() {
    auto* verb = add_verb("info", "Show what a model holds and where it comes from", "ochre info embedded");
    verb->add_option("MODEL", info_.model, model_help)->required();
    add_sha256(verb, info_.sha256);
    verb->add_flag("--history", info_.history, "The whole story of its training, too");
    verb->add_flag("--text", info_.text, "The network's text alone, as import --network takes it");
    verb->add_flag("--json", info_.json, "As JSON");
    verb->callback([this] { verb_ = [this] { return run_info(info_); }; });
  }

  void add_verify() {
    auto* verb = add_verb("verify", "Replay the proof in a model, layer by layer", "ochre verify embedded");
    verb->add_option("MODEL", verify_.model, model_help)->required();
    add_sha256(verb, verify_.sha256);
    verb->add_flag("--quiet", verify_.quiet, "The verdict alone");
    verb->callback([this] { verb_ = [this] { return run_verify(verify_); }; });
  }

  void add_audit() {
    auto& o = audit_;
    auto* verb = add_verb("audit", "Check each layer of the fast engine",
                          "ochre audit embedded --picture examples/pictures/china.jpg --json report.json");
    verb->add_option("MODEL", o.model, model_help)->required();
    add_sha256(verb, o.sha256);
    verb->add_option("--picture", o.picture, "Its lightness goes in; default: random")->option_text("FILE");
    verb->add_option("--json", o.json, "Write the report to this file as well")->option_text("FILE");
    verb->add_option("--size", o.size, "Shorter side at the network, in pixels;\ndefault: the model's")
        ->option_text("N")
        ->check(size_range);
    add_precision(verb, o.precision);
    add_threads(verb, o.threads);
    add_limit(verb, o.limit);
    verb->add_flag("--quiet", o.quiet, "The verdict alone, no progress");
    verb->callback([this] { verb_ = [this] { return run_audit(audit_); }; });
  }

  void add_run() {
    auto& o = run_;
    auto* verb = add_verb("run", "Run a network on an array of numbers",
                          "python3 -c \"import numpy; numpy.save('x.npy', numpy.ones((1, 1, 32, 32)))\"\n"
                          "  ochre run embedded --input x.npy --output y.npy --layer conv4_3");
    verb->add_option("MODEL", o.model, model_help)->required();
    add_sha256(verb, o.sha256);
    verb->add_option("--input", o.input,
                     "Array [N,C,H,W] of float32 or float64;\nmost networks want lightness, 0 to 100")
        ->required()
        ->option_text("X.npy");
    verb->add_option("--output", o.output, "Where the result goes")->required()->option_text("Y.npy");
    verb->add_option("--layer", o.layer, "This layer's output instead")->option_text("NAME");
    add_engine(verb, o.engine);
    add_precision(verb, o.precision, {"float", "split", "bf16", "double"}, ";\ndouble, by --engine readable");
    add_threads(verb, o.threads);
    verb->callback([this] { verb_ = [this] { return run_run(run_); }; });
  }

  void add_bench() {
    auto& o = bench_;
    auto* verb = add_verb("bench", "Time a network and check its output", "ochre bench --network eccv16 --size 128");
    auto* network = verb->add_option("--network", o.network, "street, eccv16 or siggraph17, with random\nweights")
                        ->option_text("NAME [street]")
                        ->check(CLI::IsMember({"street", "eccv16", "siggraph17"}));
    auto* model = verb->add_option("--model", o.model, "Model file, or `embedded`, instead");
    model->option_text("FILE")->excludes(network);
    add_sha256(verb, o.sha256)->needs(model);
    auto* size = verb->add_option_function<int>(
                         "--size", [&o](int side) { o.height = o.width = side; }, "Height and width in pixels")
                     ->option_text("N [256]")
                     ->check(size_range);
    verb->add_option("--height", o.height, "Height in pixels")->option_text("N")->check(size_range)->excludes(size);
    verb->add_option("--width", o.width, "Width in pixels")->option_text("N")->check(size_range)->excludes(size);
    add_threads(verb, o.threads);
    verb->add_option("--runs", o.runs, "Timed runs, after one that is not")
        ->option_text("N [10]")
        ->check(WholeRange{1, 100000});
    add_engine(verb, o.engine);
    add_precision(verb, o.precision);
    verb->add_option("--memory", o.memory, "Megabytes that the fast engine may take")
        ->option_text("MB")
        ->check(memory_range);
    verb->add_option("--algorithm", o.algorithms,
                     "Of a convolution, for the fast engine:\nLAYER=direct, f42, f43 or f63; may be repeated")
        ->option_text("A");
    verb->add_flag("--layers", o.layers, "The time and algorithm of every layer, too");
    verb->add_flag("--json", o.json, "As JSON");
    verb->add_flag("--quiet", o.quiet, "No progress");
    verb->callback([this] { verb_ = [this] { return run_bench(bench_); }; });
  }

  void add_eval() {
    auto& o = eval_;
    auto* verb = add_verb("eval", "Score a model on colour pictures",
                          "ochre colorize examples/pictures -o coloured\n  ochre eval coloured --size 128",
                          "AuC: pixels with an ab error up to t, the mean over t = 0 to 150; rebalanced:\n"
                          "every colour counts the same. On cells of 4x4 pixels: neutral chroma, what is\n"
                          "painted where the true chroma is below 6; false red, cells with a > 20 where it\n"
                          "is below 10; patchiness, the distance in ab between cells 4 apart whose true\n"
                          "colours differ by less than 3; mean ab error, the distance from the truth.\n\n");
    verb->add_option("FOLDER", o.folder, "Colour pictures; subfolders count")->required();
    verb->add_option("--model", o.model, model_help)->option_text("FILE [embedded]");
    add_sha256(verb, o.sha256);
    verb->add_option("--size", o.size, "Side of the centred square that is scored")
        ->option_text("N [256]")
        ->check(size_range);
    verb->add_option("--temperature", o.temperature, "Default: the model's")
        ->option_text("T")
        ->check(temperature_range);
    add_precision(verb, o.precision);
    add_threads(verb, o.threads);
    verb->add_option("--first", o.first, "The first N pictures only")
        ->option_text("N")
        ->check(WholeRange{1, 1'000'000'000});
    add_limit(verb, o.reading.limit);
    add_no_consensus(verb, o.consensus);
    verb->add_option(
            "--like", o.teach.like,
            "A colour picture of the place, or FIRST: each\ncamera's first (names alike before the first\n-); what "
            "taught is not scored")
        ->option_text("FIRST|FILE")
        ->allow_extra_args(false);
    add_camera(verb, o.teach.camera)->excludes("--like");
    add_like_place(verb, o.teach.like_place);
    verb->add_flag("--by-prefix", o.by_prefix,
                   "The figures of each camera, too: of the names\nthat are alike before their first -");
    verb->add_flag(
        "--disturb", o.disturb,
        "How far the colours move, too, when the\ninput gets noise, loses detail, is exposed\notherwise or coded");
    verb->add_flag("--json", o.json, "As JSON");
    verb->add_flag("--quiet", o.reading.quiet, "No progress, no remarks");
    verb->callback([this] { verb_ = [this] { return run_eval(eval_); }; });
  }

  // How a picture, or a frame, is coloured. o: ColorizeOptions or VideoOptions.
  template <class Options>
  static void add_coloring(CLI::App* verb, Options& o) {
    verb->add_option("--temperature", o.temperature, "Lower is bolder; default: the model's")
        ->option_text("T")
        ->check(temperature_range);
    verb->add_option("--saturation", o.saturation, "Factor on the colours, 0 to 100")
        ->option_text("S [1]")
        ->check(NumberRange{0, 100, "from 0 to 100"});
    add_no_consensus(verb, o.consensus);
    verb->add_option("--size", o.size, "Shorter side at the network, in pixels;\ndefault: the model's")
        ->option_text("N")
        ->check(size_range);
    add_precision(verb, o.precision);
  }

  static void add_precision(CLI::App* verb, std::string& precision,
                            const std::vector<std::string>& words = {"float", "split", "bf16"},
                            const std::string& more = {}) {
    verb->add_option("--precision", precision,
                     "The network's numbers: float; split, 5 digits,\nor bf16, 2 digits, where they are faster" + more)
        ->option_text("P [float]")
        ->check(CLI::IsMember(words));
  }

  static void add_shard(CLI::App* verb, std::optional<Shard>& shard, const char* of_what) {
    verb->add_option_function<std::string>(
            "--shard", [&shard](const std::string& text) { shard = parse_shard(text).value(); },
            std::string("Part I of N, I from 1: whichever ") + of_what + "\nit has, by their names alone")
        ->option_text("I/N")
        ->check([](const std::string& text) {
          const auto parsed = parse_shard(text);
          return parsed ? std::string() : parsed.error().message();
        });
  }

  static CLI::Option* add_camera(CLI::App* verb, std::string& camera) {
    return verb->add_option("--camera", camera, "What `learn` made of the camera's pictures")->option_text("FILE");
  }

  static void add_like_place(CLI::App* verb, bool& like_place) {
    verb->add_flag("--like-place", like_place,
                   "The camera stands still: take the place for\nthe same without looking whether it is");
  }

  static void add_no_consensus(CLI::App* verb, bool& consensus) {
    verb->add_flag_callback(
        "--no-consensus", [&consensus] { consensus = false; },
        "Each place by itself: what looks alike may\nget several colours");
  }

  static CLI::Option* add_sha256(CLI::App* verb, std::string& sha256,
                                 const char* help = "What the model file must have, else exit 3") {
    return verb->add_option("--sha256", sha256, help)->option_text("HEX")->check(check_digits);
  }

  // More than there are cores would wait for each other.
  static void add_threads(CLI::App* verb, int& threads) {
    verb->add_option_function<int>(
            "--threads", [&threads](int wanted) { threads = std::min(wanted, available_threads()); },
            "Threads; 0: all this process may use, which are\nthe most")
        ->option_text("N [0]")
        ->check(WholeRange{0, 1024});
  }

  static void add_limit(CLI::App* verb, std::optional<int>& limit) {
    verb->add_option("--limit", limit,
                     "Megapixels a picture may have; default: 268,\nless for what a small file claims")
        ->option_text("N")
        ->check(limit_range);
  }

  static void add_engine(CLI::App* verb, std::string& engine) {
    verb->add_option("--engine", engine, "fast, or readable: the plain one that judges it")
        ->option_text("E [fast]")
        ->check(CLI::IsMember({"readable", "fast"}));
  }

  CLI::App app_;
  std::function<int()> verb_;
  ColorizeOptions colorize_;
  VideoOptions video_;
  LearnOptions learn_;
  ImportOptions import_;
  KnownOptions known_;
  InfoOptions info_;
  VerifyOptions verify_;
  AuditOptions audit_;
  RunOptions run_;
  BenchOptions bench_;
  EvalOptions eval_;
};

}  // namespace

}  // namespace ochre::program

int main(int count, char** words) {
  using namespace ochre::program;
  std::signal(SIGXFSZ, SIG_IGN);  // beyond a limit of the file's size a write fails, and says so
  remove_part_files_when_killed();
  const int code = CommandLine().run(count, words);
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  say("standard output: found no room or no reader, expected all of it to be taken");
  return code == done ? unusable_input : code;
}

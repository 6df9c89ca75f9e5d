// ochre eval: colours the pictures of a folder from their own grey versions, and scores them (scores.hpp).
#include <cstdio>
#include <filesystem>
#include <map>

#include <ochre/color/srgb_lab.hpp>

#include "engine.hpp"
#include "eval_teachers.hpp"
#include "json_text.hpp"
#include "model_file.hpp"
#include "picture_list.hpp"
#include "precision.hpp"
#include "read_picture.hpp"
#include "scores.hpp"
#include "square_picture.hpp"
#include "steadiness.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace ochre::program {

namespace {

// The scores of all pictures that are asked for, and of those whose names begin alike.
struct Evaluation {
  Scores all;
  std::map<std::string, Scores> by_prefix;  // empty unless asked for
  Steadiness steadiness;
  std::size_t gray_pictures = 0;  // left out: there is no colour to find
};

Status add_score(const std::string& path, const EvalOptions& options, const LoadedPicture& truth,
                 const LoadedPicture& colored, Evaluation& evaluation) {
  evaluation.all.add(truth, colored);
  if (!options.by_prefix) return {};
  const std::string prefix = prefix_of(path);
  auto entry = evaluation.by_prefix.find(prefix);
  if (entry == evaluation.by_prefix.end()) {
    auto scores = Scores::create(options.size);
    if (!scores) return std::move(scores).error();
    entry = evaluation.by_prefix.emplace(prefix, *std::move(scores)).first;
  }
  entry->second.add(truth, colored);
  return {};
}

// What is left of an rgb8 picture without its colours: gray8 of the same lightness.
Result<LoadedPicture> gray_of(const LoadedPicture& picture) {
  auto gray = LoadedPicture::create(picture.width, picture.height, PixelFormat::gray8);
  if (!gray) return gray;
  const auto width = static_cast<std::size_t>(picture.width);
  const std::vector<float> zero(width);
  std::vector<float> lightness(width);
  std::vector<std::uint8_t> rgb(3 * width);
  for (Index y = 0; y < picture.height; ++y) {
    color::read_lightness_row(picture.view().row(y), PixelFormat::rgb8, picture.width, lightness.data());
    color::lab_to_srgb_row(lightness.data(), zero.data(), zero.data(), picture.width, rgb.data(), PixelFormat::rgb8);
    std::uint8_t* to = gray->view().row(y);
    for (std::size_t x = 0; x < width; ++x) to[x] = rgb[3 * x];
  }
  return gray;
}

Status score_file(const std::string& path, const EvalOptions& options, PictureColorizer& colorizer,
                  Evaluation& evaluation) {
  const Index size = options.size;
  const auto picture = read_picture(path, options.reading.limit, options.reading.quiet);
  if (!picture) return picture.error();
  const bool whole = !options.teach.camera.empty();  // a camera's memory knows places of the whole picture
  const auto seen = whole ? resized_picture(*picture, size) : square_picture(*picture, size);
  if (!seen) return Error{seen.error()}.in(path);
  const auto square = centred_square(*seen);
  if (!square) return Error{square.error()}.in(path);
  if (is_gray(*square)) {
    ++evaluation.gray_pictures;
    return {};
  }
  auto painted = LoadedPicture::create(seen->width, seen->height, PixelFormat::rgb16);
  if (!painted) return Error{painted.error()}.in(path);
  Status status = colorize_picture(colorizer, seen->view(), painted->view());
  if (!status) return std::move(status).error().in(path);
  const auto colored = centred_square(*painted);
  if (!colored) return Error{colored.error()}.in(path);
  if (options.disturb) {
    const auto gray = gray_of(*square);
    if (!gray) return Error{gray.error()}.in(path);
    status = evaluation.steadiness.add(*gray, colorizer);
    if (!status) return std::move(status).error().in(path);
  }
  status = add_score(path, options, *square, *colored, evaluation);
  return status ? status : std::move(status).error().in(path);
}

// How far the colours move, and the chroma that it compares with.
Json disturbed(const Steadiness& steadiness) {
  Json figures{{"chroma", rounded(steadiness.chroma())}};
  for (std::size_t i = 0; i < disturbances.size(); ++i) {
    figures[std::string(disturbances[i].key)] = rounded(steadiness.moved(i));
  }
  return figures;
}

void print_json(const EvalOptions& options, double temperature, const Evaluation& evaluation) {
  Json all{{"model", options.model},
           {"pictures", evaluation.all.pictures()},
           {"size", options.size},
           {"temperature", rounded(temperature)}};
  if (!options.teach.like.empty()) all["like"] = options.teach.like;
  if (!options.teach.camera.empty()) all["camera"] = options.teach.camera;
  all.update(evaluation.all.json());
  if (options.disturb) all["disturbed"] = disturbed(evaluation.steadiness);
  for (const auto& [prefix, scores] : evaluation.by_prefix) {
    Json& part = all["by_prefix"][prefix];
    part["pictures"] = scores.pictures();
    part.update(scores.json());
  }
  std::fputs(json_text(all).c_str(), stdout);
}

void print_table(const EvalOptions& options, double temperature, const Evaluation& evaluation) {
  std::printf("%zu pictures of %s, %dx%d, temperature %s\n\n", evaluation.all.pictures(),
              weights::printable_path(options.folder).c_str(), options.size, options.size,
              fixed(temperature, 2).c_str());
  evaluation.all.print();
  for (const auto& [prefix, scores] : evaluation.by_prefix) {
    std::printf("\n%s, %zu pictures\n", weights::printable(prefix).c_str(), scores.pictures());
    scores.print();
  }
  if (!options.disturb) return;
  std::printf("\nmean change of ab, the mean chroma being %s, when the input gets\n",
              fixed(evaluation.steadiness.chroma(), 1).c_str());
  for (std::size_t i = 0; i < disturbances.size(); ++i) {
    std::printf("%s%s\n", left(std::string(disturbances[i].title), 26).c_str(),
                right(fixed(evaluation.steadiness.moved(i), 2), 12).c_str());
  }
}

}  // namespace

int run_eval(const EvalOptions& options) {
  if (options.teach.like_place && !options.teach.teaches()) {
    return misuse("--like-place says how to read --like or --camera");
  }
  const auto found = pictures_in(options.folder, {.recursive = true});
  if (!found) return fail(found.error());
  std::size_t failed = say_left_alone(options.folder, *found, options.reading.quiet);
  std::vector<std::string> names = found->names;
  if (options.first && names.size() > static_cast<std::size_t>(*options.first)) {
    names.resize(static_cast<std::size_t>(*options.first));
  }
  const auto file = ModelFile::open(options.model, options.sha256);
  if (!file) return fail(file.error());
  auto colorizer =
      open_colorizer(file->bytes(), {.temperature = options.temperature,
                                     .size = options.size,
                                     .threads = options.threads,
                                     .consensus = options.consensus,
                                     .precision = wanted_precision(options.precision, options.reading.quiet),
                                     .teachable = options.teach.teaches()});
  if (!colorizer) return fail_to_open(Error{colorizer.error()}.in(options.model));

  auto scores = Scores::create(options.size);
  if (!scores) return fail(scores.error());
  Evaluation evaluation{.all = *std::move(scores), .by_prefix = {}, .steadiness = {}};
  std::vector<std::string> paths;
  for (const std::string& name : names) paths.push_back((std::filesystem::path(options.folder) / name).string());
  auto teachers = EvalTeachers::create(options, paths, *colorizer);
  if (!teachers) return fail(teachers.error());
  Progress progress(names.size(), options.reading.quiet);
  for (const std::string& path : paths) {
    progress.begin(path);
    if (teachers->has_taught(path)) continue;
    if (const Status taught = teachers->prepare(path, *colorizer); !taught) {
      return fail(Error{taught.error()}.in(options.teach.camera));
    }
    const Status status = score_file(path, options, *colorizer, evaluation);
    if (status) continue;
    progress.clear();
    fail(status.error());
    ++failed;
  }
  progress.clear();
  const std::string gray = std::to_string(evaluation.gray_pictures) + " grey pictures left out";
  if (evaluation.all.pictures() == 0 && failed > 0 && evaluation.gray_pictures == 0) return unusable_input;
  if (evaluation.all.pictures() == 0) {
    return fail(Error{ErrorCode::not_found, options.folder + ": found no picture that can be scored (" + gray +
                                                "), expected colour pictures"});
  }
  if (evaluation.gray_pictures > 0 && !options.reading.quiet) say(gray + ": they have no colour to compare with");
  const double temperature = static_cast<double>(colorizer->colorizer()->temperature());
  if (options.json) {
    print_json(options, temperature, evaluation);
  } else {
    print_table(options, temperature, evaluation);
  }
  return failed == 0 ? done : some_failed;
}

}  // namespace ochre::program

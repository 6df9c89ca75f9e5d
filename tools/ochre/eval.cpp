// ochre eval: colours the pictures of a folder from their own grey versions, and scores them. What is scored is what a
// user gets: 16-bit sRGB out of the Colorizer, its ab for the AuC, rounded to 8 bits for the PSNR. Colours outside sRGB
// have lost their excess chroma by then; tools/train/evaluate.py scores them as predicted, so a model that exaggerates
// gets less from it.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <ochre/color/metrics.hpp>
#include <ochre/color/srgb_lab.hpp>

#include "engine.hpp"
#include "json_text.hpp"
#include "model_file.hpp"
#include "picture_list.hpp"
#include "read_picture.hpp"
#include "square_picture.hpp"
#include "steadiness.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace ochre::program {

namespace {

struct Row {  // of the table
  color::AucScore auc;
  color::PsnrScore psnr;
  color::ColorfulnessScore colorfulness;

  void finish_picture() {
    psnr.finish_picture();
    colorfulness.finish_picture();
  }
};

struct Scores {
  Row model;
  Row grey;
  color::ColorfulnessScore truth;
  Steadiness steadiness;
  std::size_t pictures = 0;
  std::size_t grey_pictures = 0;  // left out: there is no colour to find
};

// Adds a square of rgb8 and its coloured version in rgb16.
void score(const LoadedPicture& truth, const LoadedPicture& colored, Scores& scores) {
  const Index width = truth.width;
  const auto samples = static_cast<std::size_t>(3 * width);
  std::vector<float> true_lab(samples);
  std::vector<float> lab(samples);
  const std::vector<float> zero(static_cast<std::size_t>(width));
  std::vector<std::uint8_t> rgb(samples);
  std::vector<std::uint8_t> grey(samples);
  float* const l = true_lab.data();
  float* const a = l + width;
  float* const b = a + width;
  for (Index y = 0; y < truth.height; ++y) {
    const std::uint8_t* true_row = truth.view().row(y);
    const std::uint8_t* row = colored.view().row(y);
    color::srgb_to_lab_row(true_row, PixelFormat::rgb8, width, l, a, b);
    color::srgb_to_lab_row(row, PixelFormat::rgb16, width, lab.data(), lab.data() + width, lab.data() + 2 * width);
    scores.model.auc.add_row(lab.data() + width, lab.data() + 2 * width, a, b, width);
    scores.grey.auc.add_row(zero.data(), zero.data(), a, b, width);

    for (std::size_t i = 0; i < samples; ++i) {
      std::uint16_t wide = 0;
      std::memcpy(&wide, row + 2 * i, sizeof(wide));
      rgb[i] = static_cast<std::uint8_t>((wide + 128u) / 257u);
    }
    color::lab_to_srgb_row(l, zero.data(), zero.data(), width, grey.data(), PixelFormat::rgb8);
    scores.model.psnr.add_row(rgb.data(), true_row, width);
    scores.grey.psnr.add_row(grey.data(), true_row, width);
    scores.model.colorfulness.add_row(rgb.data(), width);
    scores.truth.add_row(true_row, width);
  }
  scores.model.finish_picture();
  scores.grey.psnr.finish_picture();
  scores.truth.finish_picture();
  ++scores.pictures;
}

// What is left of an rgb8 picture without its colours: gray8 of the same lightness.
Result<LoadedPicture> grey_of(const LoadedPicture& picture) {
  auto grey = LoadedPicture::create(picture.width, picture.height, PixelFormat::gray8);
  if (!grey) return grey;
  const auto width = static_cast<std::size_t>(picture.width);
  const std::vector<float> zero(width);
  std::vector<float> lightness(width);
  std::vector<std::uint8_t> rgb(3 * width);
  for (Index y = 0; y < picture.height; ++y) {
    color::read_lightness_row(picture.view().row(y), PixelFormat::rgb8, picture.width, lightness.data());
    color::lab_to_srgb_row(lightness.data(), zero.data(), zero.data(), picture.width, rgb.data(), PixelFormat::rgb8);
    std::uint8_t* to = grey->view().row(y);
    for (std::size_t x = 0; x < width; ++x) to[x] = rgb[3 * x];
  }
  return grey;
}

Status score_file(const std::string& path, const EvalOptions& options, PictureColorizer& colorizer, Scores& scores) {
  const Index size = options.size;
  const auto picture = read_picture(path, options.limit, options.quiet);
  if (!picture) return picture.error();
  const auto square = square_picture(*picture, size);
  if (!square) return Error{square.error()}.in(path);
  if (is_grey(*square)) {
    ++scores.grey_pictures;
    return {};
  }
  auto colored = LoadedPicture::create(size, size, PixelFormat::rgb16);
  if (!colored) return Error{colored.error()}.in(path);
  Status status = colorize_picture(colorizer, square->view(), colored->view());
  if (!status) return std::move(status).error().in(path);
  if (options.disturb) {
    const auto grey = grey_of(*square);
    if (!grey) return Error{grey.error()}.in(path);
    status = scores.steadiness.add(*grey, colorizer);
    if (!status) return std::move(status).error().in(path);
  }
  score(*square, *colored, scores);
  return {};
}

// JSON knows no infinity: the PSNR of equal pictures becomes null.
Json rounded(double value) {
  if (!std::isfinite(value)) return nullptr;
  return std::round(value * 1e4) / 1e4;
}

void print_json(const EvalOptions& options, double temperature, const Scores& scores) {
  Json all{{"model", options.model},
           {"pictures", scores.pictures},
           {"size", options.size},
           {"temperature", rounded(temperature)},
           {"auc", rounded(scores.model.auc.auc())},
           {"auc_rebalanced", rounded(scores.model.auc.auc_rebalanced())},
           {"psnr_rgb", rounded(scores.model.psnr.mean())},
           {"colourfulness", rounded(scores.model.colorfulness.mean())},
           {"colourfulness_truth", rounded(scores.truth.mean())},
           {"grey",
            {{"auc", rounded(scores.grey.auc.auc())},
             {"auc_rebalanced", rounded(scores.grey.auc.auc_rebalanced())},
             {"psnr_rgb", rounded(scores.grey.psnr.mean())}}}};
  if (options.disturb) {
    Json disturbed{{"chroma", rounded(scores.steadiness.chroma())}};
    for (std::size_t i = 0; i < disturbances.size(); ++i) {
      disturbed[std::string(disturbances[i].key)] = rounded(scores.steadiness.moved(i));
    }
    all["disturbed"] = disturbed;
  }
  std::fputs(json_text(all).c_str(), stdout);
}

void print_table(const EvalOptions& options, double temperature, const Scores& scores) {
  const auto line = [](const char* label, const std::string& model, const std::string& grey, const std::string& truth) {
    std::printf("%s%s%s%s\n", left(label, 26).c_str(), right(model, 12).c_str(), right(grey, 12).c_str(),
                right(truth, 12).c_str());
  };
  std::printf("%zu pictures of %s, %dx%d, temperature %s\n\n", scores.pictures,
              weights::printable_path(options.folder).c_str(), options.size, options.size,
              fixed(temperature, 2).c_str());
  line("", "model", "grey", "truth");
  line("AuC, %", fixed(scores.model.auc.auc(), 2), fixed(scores.grey.auc.auc(), 2), "100.00");
  line("AuC rebalanced, %", fixed(scores.model.auc.auc_rebalanced(), 2), fixed(scores.grey.auc.auc_rebalanced(), 2),
       "100.00");
  line("PSNR of RGB, dB", fixed(scores.model.psnr.mean(), 2), fixed(scores.grey.psnr.mean(), 2), "");
  line("colourfulness", fixed(scores.model.colorfulness.mean(), 2), "0.00", fixed(scores.truth.mean(), 2));
  if (!options.disturb) return;
  std::printf("\nmean change of ab, the mean chroma being %s, when the input gets\n",
              fixed(scores.steadiness.chroma(), 1).c_str());
  for (std::size_t i = 0; i < disturbances.size(); ++i) {
    line(std::string(disturbances[i].title).c_str(), fixed(scores.steadiness.moved(i), 2), "", "");
  }
}

}  // namespace

int run_eval(const EvalOptions& options) {
  auto pictures = pictures_in(options.folder, {.recursive = true});
  if (!pictures) return fail(pictures.error());
  if (options.first && pictures->size() > static_cast<std::size_t>(*options.first)) {
    pictures->resize(static_cast<std::size_t>(*options.first));
  }
  const auto file = ModelFile::open(options.model, options.sha256);
  if (!file) return fail(file.error());
  auto colorizer = open_colorizer(
      file->bytes(), {.temperature = options.temperature, .size = options.size, .threads = options.threads});
  if (!colorizer) return fail_to_open(Error{colorizer.error()}.in(options.model));

  Scores scores;
  std::size_t failed = 0;
  Progress progress(pictures->size(), options.quiet);
  for (const std::string& name : *pictures) {
    progress.begin(name);
    const std::string path = (std::filesystem::path(options.folder) / name).string();
    const Status status = score_file(path, options, *colorizer, scores);
    if (status) continue;
    progress.clear();
    fail(status.error());
    ++failed;
  }
  progress.clear();
  if (scores.grey_pictures > 0 && !options.quiet) {
    say(std::to_string(scores.grey_pictures) + " grey pictures left out: they have no colour to compare with");
  }
  if (scores.pictures == 0) {
    return fail(Error{ErrorCode::not_found, options.folder + ": found no picture that can be scored, expected colour "
                                                             "pictures"});
  }
  const double temperature = static_cast<double>(colorizer->colorizer()->temperature());
  if (options.json) {
    print_json(options, temperature, scores);
  } else {
    print_table(options, temperature, scores);
  }
  return failed == 0 ? done : some_failed;
}

}  // namespace ochre::program

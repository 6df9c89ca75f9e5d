// Raw video in and out, without another program.
#include <fcntl.h>

#include <unistd.h>

#include <ochre/weights/printable.hpp>

#include "byte_stream.hpp"
#include "output_file.hpp"
#include "piped_file.hpp"
#include "video_stream.hpp"

namespace ochre::program {

namespace {

constexpr Y4mRatio usual_rate{25, 1};  // where a stream says none

class Y4mSource final : public FrameSource {
 public:
  Y4mSource(platform::Descriptor file, std::string name, const SourceOptions& options)
      : reader_(std::move(file), options.silence), name_(std::move(name)) {}

  Status open() {
    const auto line = reader_.read_line(longest_line);
    if (!line) return Error{line.error()}.in(name_);
    if (line->empty()) return Error{ErrorCode::malformed, name_ + ": found nothing, expected a YUV4MPEG2 stream"};
    auto header = parse_y4m_header(*line);
    if (!header) return std::move(header).error().in(name_);
    format_.header = *std::move(header);
    if (!format_.header.rate.is_known()) {
      format_.header.rate = usual_rate;
      remarks_.push_back(name_ + ": says no rate, taken for 25 frames/s");
    }
    return {};
  }

  Result<bool> read(std::span<std::byte> frame, FrameTime& time) override {
    const auto ended = reader_.is_at_end();
    if (!ended) return located(ended.error());
    if (*ended) return false;
    const auto line = reader_.read_line(longest_line);
    if (!line) return located(line.error());
    if (const Status status = check_y4m_frame_header(*line); !status) return located(status.error());
    const auto count = reader_.read(frame);
    if (!count) return located(count.error());
    if (*count < frame.size()) {
      return located({ErrorCode::malformed, "found " + std::to_string(*count) + " bytes, expected " +
                                                std::to_string(frame.size()) + " (the stream is cut short)"});
    }
    const Y4mRatio& rate = format_.header.rate;
    const double seconds =
        static_cast<double>(frames_) * static_cast<double>(rate.denominator) / static_cast<double>(rate.numerator);
    time.nanoseconds = static_cast<long long>(seconds * 1e9 + 0.5);
    ++frames_;
    return true;
  }

 private:
  static constexpr std::size_t longest_line = static_cast<std::size_t>(image_io::longest_y4m_line) + 1;

  Error located(Error error) const {
    if (error.code == ErrorCode::cancelled) return error;
    return std::move(error).in(name_ + ": frame " + std::to_string(frames_ + 1));
  }

  ByteReader reader_;
  std::string name_;
  long long frames_ = 0;
};

class Y4mSink final : public FrameSink {
 public:
  Y4mSink(platform::Descriptor file, std::optional<OutputFile> output, const VideoFormat& format)
      : writer_(std::move(file)), output_(std::move(output)), name_(output_ ? output_->target() : "standard output") {
    header_ = format.header;
    header_.format = format.colored();
    if (header_.format.subsampling != format.samples().subsampling || header_.color_space.empty()) {
      header_.color_space = y4m_color_space(header_.format.subsampling, header_.format.depth);
    }
  }

  Status write(std::span<const std::byte> frame, long long) override {
    Status status = frames_ == 0 ? writer_.write(y4m_header_line(header_)) : Status();
    if (status) status = writer_.write("FRAME\n");
    if (status) status = writer_.write(frame);
    if (!status) return std::move(status).error().in(weights::printable_path(name_));
    ++frames_;
    whole_frames_ = output_ ? ::lseek(writer_.number(), 0, SEEK_CUR) : 0;
    return {};
  }

  // A frame that is only begun, on a full disk, is taken back.
  Status finish(bool) override {
    if (!output_ || frames_ == 0) return {};
    const bool cut = ::ftruncate(writer_.number(), whole_frames_) == 0;
    if (Status status = writer_.close(); !status) return std::move(status).error().in(weights::printable_path(name_));
    if (!cut) return Error{ErrorCode::io, weights::printable_path(name_) + ": cannot be cut to its whole frames"};
    return output_->keep();
  }

 private:
  ByteWriter writer_;
  std::optional<OutputFile> output_;
  std::string name_;
  Y4mHeader header_;
  long long frames_ = 0;
  off_t whole_frames_ = 0;  // where the last one ends
};

}  // namespace

bool is_y4m(const std::string& name) { return name == "-" || name.ends_with(".y4m"); }

Result<Source> open_y4m_source(const std::string& path, const SourceOptions& options) {
  const std::string name = input_name(path);
  auto file = open_to_read(path);
  if (!file) return std::move(file).error().in(name);
  auto source = std::make_unique<Y4mSource>(*std::move(file), name, options);
  if (Status status = source->open(); !status) return std::move(status).error();
  return Source(std::move(source));
}

Result<Sink> open_y4m_sink(const std::string& path, Links links, const VideoFormat& format) {
  if (path == "-") {
    return Sink(std::make_unique<Y4mSink>(platform::Descriptor(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)),
                                          std::nullopt, format));
  }
  auto output = OutputFile::create(path, links);
  if (!output) return std::move(output).error();
  platform::Descriptor file(output->take_descriptor());
  return Sink(std::make_unique<Y4mSink>(std::move(file), std::optional(*std::move(output)), format));
}

}  // namespace ochre::program

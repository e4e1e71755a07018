#include "transport/compression.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <bit>
#include <string>

namespace tidegate {
namespace {

constexpr int gzip_window_bits = 15 + 16;  // the largest window, with gzip's own head and checksum
constexpr int gzip_memory_level = 8;
constexpr std::size_t output_bytes_least = 64u << 10;

Error broken(WireCompression how, std::string_view why) {
  return Error{Code::corrupt, std::string{name(how)}.append(": ").append(why)};
}

Error too_much(WireCompression how, std::size_t limit) {
  return Error{Code::invalid, std::string{name(how)} + ": more than " + std::to_string(limit) + " bytes come out"};
}

// Output that grows with what really comes out, to one byte above the limit: that byte tells "as much as" from "more".
class BoundedOutput {
 public:
  BoundedOutput(std::size_t limit, std::size_t expected) : limit_(limit) {
    bytes_.resize(std::min(limit + 1, std::max(expected, output_bytes_least)));
  }

  char* room() { return bytes_.data() + filled_; }
  std::size_t room_bytes() const { return bytes_.size() - filled_; }
  void filled(std::size_t bytes) {
    filled_ += bytes;
    if (filled_ == bytes_.size() && filled_ <= limit_) bytes_.resize(std::min(limit_ + 1, bytes_.size() * 2));
  }
  bool above_limit() const { return filled_ > limit_; }
  Bytes take() {
    bytes_.resize(filled_);
    return std::move(bytes_);
  }

 private:
  std::size_t limit_;
  Bytes bytes_;
  std::size_t filled_ = 0;
};

struct InflateEnd {
  void operator()(z_stream* stream) const { inflateEnd(stream); }
};

Result<Bytes> gunzip(ByteView payload, std::size_t limit) {
  constexpr auto how = WireCompression::gzip;
  z_stream stream{};
  if (inflateInit2(&stream, gzip_window_bits) != Z_OK) return Error{Code::unavailable, "gzip: no memory"};
  const std::unique_ptr<z_stream, InflateEnd> end{&stream};
  BoundedOutput out{limit, payload.size() * 4};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(payload.data()));
  stream.avail_in = static_cast<uInt>(payload.size());
  while (true) {
    stream.next_out = reinterpret_cast<Bytef*>(out.room());
    stream.avail_out = static_cast<uInt>(out.room_bytes());
    const std::size_t room = stream.avail_out;
    const int state = inflate(&stream, Z_NO_FLUSH);
    out.filled(room - stream.avail_out);
    if (out.above_limit()) return too_much(how, limit);
    if (state == Z_STREAM_END) {
      if (stream.avail_in == 0) return out.take();
      if (inflateReset(&stream) != Z_OK) return broken(how, "not gzip");
    } else if (state == Z_BUF_ERROR || (state == Z_OK && stream.avail_in == 0 && stream.avail_out != 0)) {
      return broken(how, "cut off");
    } else if (state != Z_OK) {
      return broken(how, stream.msg != nullptr ? stream.msg : "not gzip");
    }
  }
}

struct FreeDecompressor {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

Result<Bytes> unzstd(ByteView payload, std::size_t limit) {
  constexpr auto how = WireCompression::zstd;
  const std::unique_ptr<ZSTD_DCtx, FreeDecompressor> context{ZSTD_createDCtx()};
  if (!context) return Error{Code::unavailable, "zstd: no memory"};
  // A frame may announce a window, and the library allocates it before a byte comes out.
  const int window_bits = std::clamp(static_cast<int>(std::bit_width(limit)), 10, 27);
  if (ZSTD_isError(ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, window_bits)))
    return Error{Code::invalid, "zstd: the window cannot be bounded"};
  const unsigned long long announced = ZSTD_getFrameContentSize(payload.data(), payload.size());
  const bool known = announced != ZSTD_CONTENTSIZE_UNKNOWN && announced != ZSTD_CONTENTSIZE_ERROR && announced <= limit;
  BoundedOutput out{limit, known ? static_cast<std::size_t>(announced) + 1 : payload.size() * 4};
  ZSTD_inBuffer input{payload.data(), payload.size(), 0};
  std::size_t left = 1;
  while (input.pos < input.size || left != 0) {
    ZSTD_outBuffer output{out.room(), out.room_bytes(), 0};
    const std::size_t read_before = input.pos;
    left = ZSTD_decompressStream(context.get(), &output, &input);
    if (ZSTD_isError(left)) return broken(how, ZSTD_getErrorName(left));
    out.filled(output.pos);
    if (out.above_limit()) return too_much(how, limit);
    if (left != 0 && output.pos == 0 && input.pos == read_before) return broken(how, "cut off");
  }
  return out.take();
}

}  // namespace

class Compressor::Impl {
 public:
  explicit Impl(CompressionLevels levels) : levels_(levels) {}
  ~Impl() {
    ZSTD_freeCCtx(zstd_);
    if (gzip_ready_) deflateEnd(&gzip_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<Bytes> gzip(ByteView plain) {
    if (!gzip_ready_) {
      if (deflateInit2(&gzip_, levels_.gzip, Z_DEFLATED, gzip_window_bits, gzip_memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
        return Error{Code::invalid, "gzip: cannot be set up"};
      gzip_ready_ = true;
    } else if (deflateReset(&gzip_) != Z_OK) {
      return Error{Code::invalid, "gzip: cannot be set up"};
    }
    grow(deflateBound(&gzip_, plain.size()));
    gzip_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    gzip_.avail_in = static_cast<uInt>(plain.size());
    gzip_.next_out = reinterpret_cast<Bytef*>(scratch_.data());
    gzip_.avail_out = static_cast<uInt>(scratch_.size());
    if (deflate(&gzip_, Z_FINISH) != Z_STREAM_END) return Error{Code::invalid, "gzip: compression failed"};
    return Bytes{scratch_, 0, scratch_.size() - gzip_.avail_out};
  }

  Result<Bytes> zstd(ByteView plain) {
    if (zstd_ == nullptr) {
      zstd_ = ZSTD_createCCtx();
      if (zstd_ == nullptr) return Error{Code::invalid, "zstd: no memory"};
      // The checksum tells the receiver of damage that msgpack would not show.
      if (ZSTD_isError(ZSTD_CCtx_setParameter(zstd_, ZSTD_c_compressionLevel, levels_.zstd)) ||
          ZSTD_isError(ZSTD_CCtx_setParameter(zstd_, ZSTD_c_checksumFlag, 1)))
        return Error{Code::invalid, "zstd: cannot be set up"};
    }
    grow(ZSTD_compressBound(plain.size()));
    const std::size_t bytes = ZSTD_compress2(zstd_, scratch_.data(), scratch_.size(), plain.data(), plain.size());
    if (ZSTD_isError(bytes)) return Error{Code::invalid, std::string{"zstd: "} + ZSTD_getErrorName(bytes)};
    return Bytes{scratch_, 0, bytes};
  }

 private:
  void grow(std::size_t bytes) {
    if (scratch_.size() < bytes) scratch_.resize(bytes);
  }

  CompressionLevels levels_;
  ZSTD_CCtx* zstd_ = nullptr;
  z_stream gzip_{};
  bool gzip_ready_ = false;
  Bytes scratch_;  // the worst case's size; what comes out is copied from it and is far smaller
};

Compressor::Compressor(CompressionLevels levels) : impl_(std::make_unique<Impl>(levels)) {}
Compressor::~Compressor() = default;

Result<Bytes> Compressor::compress_entries(ByteView plain, WireCompression how) {
  if (plain.size() > UINT32_MAX) return Error{Code::invalid, "more than 4 GiB to compress at once"};
  switch (how) {
    case WireCompression::none: return Bytes{plain};
    case WireCompression::gzip: return impl_->gzip(plain);
    case WireCompression::zstd: return impl_->zstd(plain);
  }
  return Error{Code::invalid, "no such compression"};
}

Result<Bytes> decompress_entries(ByteView payload, WireCompression how, std::size_t limit) {
  if (payload.size() > UINT32_MAX) return Error{Code::invalid, "more than 4 GiB to decompress at once"};
  switch (how) {
    case WireCompression::none:
      if (payload.size() > limit) return Error{Code::invalid, "more than " + std::to_string(limit) + " bytes of entries"};
      return Bytes{payload};
    case WireCompression::gzip: return gunzip(payload, limit);
    case WireCompression::zstd: return unzstd(payload, limit);
  }
  return Error{Code::invalid, "no such compression"};
}

}  // namespace tidegate

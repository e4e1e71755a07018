#include "storage/config_format.h"

#include "storage/row_bytes.h"

namespace tidegate {
namespace {

constexpr ByteView magic = "tgconfig";
constexpr std::uint32_t format = 1;
enum class Kind : std::uint8_t { configuration = 1, refusal = 2 };

struct Parts {
  ConfigHead head;
  ByteView body;
};

void put_bytes(Bytes& out, ByteView bytes) {
  put_u32_be(out, static_cast<std::uint32_t>(bytes.size()));
  out.append(bytes);
}

Bytes encode_parts(Kind kind, const ConfigHead& head, ByteView body) {
  TG_ASSERT(head.hash.size() <= config_hash_bytes_max, "a configuration's hash is bounded");
  Bytes file;
  file.reserve(64 + head.hash.size() + body.size());
  file.append(magic);
  put_u32_be(file, format);
  file.push_back(static_cast<char>(kind));
  put_u64_be(file, head.sequence);
  put_u64_be(file, head.revision);
  put_seconds(file, head.received);
  put_u32_be(file, head.tries);
  put_bytes(file, head.hash);
  put_bytes(file, body);
  seal(file);
  return file;
}

Result<ByteView> bounded(RowReader& reader, std::size_t most, std::string_view what) {
  const std::uint32_t bytes = reader.u32();
  if (bytes > most) return Error{Code::corrupt, std::string{what} + " of " + std::to_string(bytes) + " bytes"};
  return reader.bytes(bytes);
}

Result<Parts> decode_parts(ByteView file, Kind kind, std::size_t body_bytes_max) {
  const Result<ByteView> row = unseal(file);
  if (!row) return row.error();
  RowReader reader{*row};
  if (reader.bytes(magic.size()) != magic) return Error{Code::corrupt, "not a file of the configuration store"};
  if (const std::uint32_t found = reader.u32(); found != format)
    return Error{Code::invalid, "written in format " + std::to_string(found) + " by a newer version: install that one again"};
  if (reader.u8() != static_cast<std::uint8_t>(kind)) return Error{Code::corrupt, "a file of another kind"};
  Parts parts;
  parts.head.sequence = reader.u64();
  parts.head.revision = reader.u64();
  parts.head.received = reader.seconds();
  parts.head.tries = reader.u32();
  const Result<ByteView> hash = bounded(reader, config_hash_bytes_max, "hash");
  if (!hash) return hash.error();
  parts.head.hash = Bytes{*hash};
  const Result<ByteView> body = bounded(reader, body_bytes_max, "text");
  if (!body) return body.error();
  parts.body = *body;
  if (Result<void> end = reader.end("file"); !end) return std::move(end).error();
  if (parts.head.sequence == 0) return Error{Code::corrupt, "no sequence"};
  return parts;
}

}  // namespace

Bytes encode(const StoredConfig& config) {
  TG_ASSERT(config.sealed.size() <= config_sealed_bytes_max, "a sealed configuration is bounded");
  return encode_parts(Kind::configuration, config.head, config.sealed);
}

Bytes encode(const ConfigRefusal& refusal) {
  TG_ASSERT(refusal.reasons.size() <= config_reasons_bytes_max, "the reasons of a refusal are bounded");
  ConfigHead head;
  head.sequence = refusal.sequence;
  head.hash = refusal.hash;
  head.received = refusal.at;
  return encode_parts(Kind::refusal, head, refusal.reasons);
}

Result<StoredConfig> decode_config(ByteView file) {
  Result<Parts> parts = decode_parts(file, Kind::configuration, config_sealed_bytes_max);
  if (!parts) return std::move(parts).error();
  return StoredConfig{std::move(parts->head), Bytes{parts->body}};
}

Result<ConfigRefusal> decode_refusal(ByteView file) {
  Result<Parts> parts = decode_parts(file, Kind::refusal, config_reasons_bytes_max);
  if (!parts) return std::move(parts).error();
  return ConfigRefusal{parts->head.sequence, std::move(parts->head.hash), parts->head.received, std::string{parts->body}};
}

}  // namespace tidegate

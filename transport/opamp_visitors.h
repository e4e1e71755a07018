// How opamp_fields.h is walked: Writer puts a struct's fields, Reader takes one field off the wire into a struct. For
// opamp_codec.cc.
#pragma once

#include <bit>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/id128.h"
#include "transport/opamp_fields.h"
#include "transport/protobuf_wire.h"
#include "transport/utf8.h"

namespace tidegate::opamp {

// Which field broke what. The first failure stays; each level adds its own name before it.
class Failure {
 public:
  void set(std::string_view name, std::string why) {
    if (failed()) return;
    path_ = name;
    why_ = std::move(why);
  }
  void inside(std::string_view name) { path_ = path_.empty() ? std::string{name} : std::string{name}.append(".").append(path_); }
  bool failed() const { return !why_.empty(); }
  std::string text() const { return path_.empty() ? why_ : path_ + ": " + why_; }

 private:
  std::string path_;
  std::string why_;
};

inline std::string more_than(std::size_t most, const char* what) { return "more than " + std::to_string(most) + ' ' + what; }

// What is counted over a whole message, on both ways.
struct Walk {
  Failure failure;
  std::size_t entries = 0;
  std::size_t health_depth = 0;
  std::size_t value_depth = 0;

  bool failed() const { return failure.failed(); }
  void enter(std::string_view name, std::size_t& depth, std::size_t most) {
    if (++depth > most) failure.set(name, "nested more than " + std::to_string(most) + " deep");
  }
  template <class M>
  void enter(std::string_view name) {
    if constexpr (std::is_same_v<M, ComponentHealth>) enter(name, health_depth, health_depth_max);
    if constexpr (std::is_same_v<M, AnyValue>) enter(name, value_depth, value_depth_max);
  }
  template <class M>
  void leave() {
    if constexpr (std::is_same_v<M, ComponentHealth>) --health_depth;
    if constexpr (std::is_same_v<M, AnyValue>) --value_depth;
  }
  bool one_more_entry(std::string_view name, std::size_t held, std::size_t most) {
    if (held >= most) failure.set(name, more_than(most, "entries"));
    if (++entries > entries_max) failure.set(name, more_than(entries_max, "entries in the whole message"));
    return !failed();
  }
};

class Writer {
 public:
  static constexpr bool writes = true;

  Writer(Bytes& out, Walk& walk) : out_(out), walk_(walk) {}

  void number(std::uint32_t field, std::string_view, std::uint64_t value) {
    if (value == 0) return;
    put_wire_tag(out_, field, WireType::varint);
    put_varint(out_, value);
  }
  void fixed(std::uint32_t field, std::string_view, std::uint64_t value) {
    if (value == 0) return;
    put_wire_tag(out_, field, WireType::fixed64);
    put_wire_fixed64(out_, value);
  }
  void boolean(std::uint32_t field, std::string_view name, bool value) { number(field, name, value ? 1 : 0); }
  template <class E>
  void enumeration(std::uint32_t field, std::string_view name, E value) {
    number(field, name, static_cast<std::uint64_t>(static_cast<std::int64_t>(value)));
  }
  void id(std::uint32_t field, std::string_view, const std::optional<Id128>& value) {
    if (!value) return;
    Bytes raw;
    put_id(raw, *value);
    put_wire_bytes(out_, field, raw);
  }

  void bytes(std::uint32_t field, std::string_view name, ByteView value, std::size_t bytes_max) {
    if (!value.empty()) put_bounded(field, name, value, bytes_max);
  }
  void string(std::uint32_t field, std::string_view name, std::string_view value, std::size_t bytes_max) {
    if (!is_utf8(value)) walk_.failure.set(name, "not UTF-8");
    bytes(field, name, value, bytes_max);
  }
  void text(std::uint32_t field, std::string_view name, std::string_view value) {
    bytes(field, name, utf8_within(value, text_bytes_max), text_bytes_max);
  }
  void secret(std::uint32_t field, std::string_view name, const Secret& value, std::size_t bytes_max) {
    string(field, name, value.reveal(), bytes_max);
  }
  void secret_bytes(std::uint32_t field, std::string_view name, const Secret& value, std::size_t bytes_max) {
    bytes(field, name, value.reveal(), bytes_max);
  }

  template <class M>
  void part(std::uint32_t field, std::string_view name, const std::optional<M>& value, std::size_t bytes_max) {
    if (value) message(field, name, *value, bytes_max);
  }
  void value(std::uint32_t field, std::string_view name, const AnyValue& value) {
    if (value.value.index() != 0) message(field, name, value, message_bytes_max);
  }
  template <class M>
  void list(std::uint32_t field, std::string_view name, const std::vector<M>& values, std::size_t count_max) {
    for (std::size_t at = 0; at < values.size(); ++at) {
      if (!walk_.one_more_entry(name, at, count_max)) return;
      message(field, name, values[at], message_bytes_max);
    }
  }
  void strings(std::uint32_t field, std::string_view name, const std::vector<std::string>& values, std::size_t count_max) {
    for (std::size_t at = 0; at < values.size(); ++at) {
      if (!walk_.one_more_entry(name, at, count_max)) return;
      if (!is_utf8(values[at])) walk_.failure.set(name, "not UTF-8");
      put_bounded(field, name, values[at], name_bytes_max);
    }
  }
  template <class M>
  void map(std::uint32_t field, std::string_view name, const std::map<std::string, M>& values, std::size_t count_max) {
    std::size_t at = 0;
    for (const auto& [key, value] : values) {
      if (!walk_.one_more_entry(name, at++, count_max)) return;
      Bytes entry;
      Writer writer{entry, walk_};
      if (!is_utf8(key)) walk_.failure.set(name, "a key is not UTF-8");
      writer.put_bounded(1, "key", key, name_bytes_max);  // both are written, also when empty
      if constexpr (std::is_same_v<M, Secret>) writer.put_bounded(2, "value", value.reveal(), header_value_bytes_max);
      else writer.message(2, "value", value, message_bytes_max);
      if (walk_.failed()) return walk_.failure.inside(name);
      put_wire_bytes(out_, field, entry);
    }
  }
  void one_of(const decltype(AnyValue::value)& value);

  template <class M>
  void message(std::uint32_t field, std::string_view name, const M& value, std::size_t bytes_max) {
    if (walk_.failed()) return;
    Bytes inner;
    walk_.enter<M>(name);
    if (!walk_.failed()) {
      Writer writer{inner, walk_};
      fields(writer, value);
      if (walk_.failed()) walk_.failure.inside(name);
    }
    walk_.leave<M>();
    if (!walk_.failed()) put_bounded(field, name, inner, bytes_max);
  }

 private:
  void put_bounded(std::uint32_t field, std::string_view name, ByteView value, std::size_t bytes_max) {
    if (value.size() > bytes_max) return walk_.failure.set(name, more_than(bytes_max, "bytes"));
    put_wire_bytes(out_, field, value);
  }

  Bytes& out_;
  Walk& walk_;
};

// Takes `bytes` into `message`, on top of what is there: a part that comes twice is merged, as protocol buffers have it.
template <class M>
void read_message(Walk& walk, ByteView bytes, M& message);

class Reader {
 public:
  static constexpr bool writes = false;

  Reader(const WireField& field, Walk& walk) : field_(field), walk_(walk) {}

  void number(std::uint32_t field, std::string_view, std::uint64_t& value) {
    if (is(field, WireType::varint)) value = field_.value;
  }
  void fixed(std::uint32_t field, std::string_view, std::uint64_t& value) {
    if (is(field, WireType::fixed64)) value = field_.value;
  }
  void boolean(std::uint32_t field, std::string_view, bool& value) {
    if (is(field, WireType::varint)) value = field_.value != 0;
  }
  template <class E>
  void enumeration(std::uint32_t field, std::string_view, E& value) {
    if (is(field, WireType::varint)) value = static_cast<E>(static_cast<std::int32_t>(field_.value));
  }
  void id(std::uint32_t field, std::string_view name, std::optional<Id128>& value) {
    if (!is(field, WireType::bytes)) return;
    if (field_.bytes.empty()) return value.reset();
    if (field_.bytes.size() != instance_uid_bytes) return walk_.failure.set(name, "not 16 bytes");
    value = get_id(field_.bytes);
  }

  void bytes(std::uint32_t field, std::string_view name, Bytes& value, std::size_t bytes_max) {
    if (within(field, name, bytes_max)) value = field_.bytes;
  }
  void string(std::uint32_t field, std::string_view name, std::string& value, std::size_t bytes_max) {
    if (within(field, name, bytes_max) && utf8(name)) value = field_.bytes;
  }
  void text(std::uint32_t field, std::string_view name, std::string& value) {
    if (is(field, WireType::bytes) && utf8(name)) value = utf8_within(field_.bytes, text_bytes_max);
  }
  void secret(std::uint32_t field, std::string_view name, Secret& value, std::size_t bytes_max) {
    if (within(field, name, bytes_max) && utf8(name)) value = Secret{std::string{field_.bytes}};
  }
  void secret_bytes(std::uint32_t field, std::string_view name, Secret& value, std::size_t bytes_max) {
    if (within(field, name, bytes_max)) value = Secret{std::string{field_.bytes}};
  }

  template <class M>
  void part(std::uint32_t field, std::string_view name, std::optional<M>& value, std::size_t bytes_max) {
    if (!within(field, name, bytes_max)) return;
    if (!value) value.emplace();
    take(name, *value);
  }
  void value(std::uint32_t field, std::string_view name, AnyValue& value) {
    if (is(field, WireType::bytes)) take(name, value);
  }
  template <class M>
  void list(std::uint32_t field, std::string_view name, std::vector<M>& values, std::size_t count_max) {
    if (!is(field, WireType::bytes) || !walk_.one_more_entry(name, values.size(), count_max)) return;
    take(name, values.emplace_back());
  }
  void strings(std::uint32_t field, std::string_view name, std::vector<std::string>& values, std::size_t count_max) {
    if (!within(field, name, name_bytes_max) || !utf8(name)) return;
    if (walk_.one_more_entry(name, values.size(), count_max)) values.emplace_back(field_.bytes);
  }
  template <class M>
  void map(std::uint32_t field, std::string_view name, std::map<std::string, M>& values, std::size_t count_max) {
    if (!is(field, WireType::bytes) || !walk_.one_more_entry(name, 0, count_max)) return;
    std::string key;
    M value{};
    WireReader wire{field_.bytes};
    while (const std::optional<WireField> inner = wire.next()) {
      Reader reader{*inner, walk_};
      reader.string(1, "key", key, name_bytes_max);
      if constexpr (std::is_same_v<M, Secret>) reader.secret(2, "value", value, header_value_bytes_max);
      else if (reader.is(2, WireType::bytes)) reader.take("value", value);
      if (walk_.failed()) return walk_.failure.inside(name);
    }
    if (wire.broken()) return walk_.failure.set(name, "broken encoding");
    if (values.size() >= count_max && !values.contains(key)) return walk_.failure.set(name, more_than(count_max, "entries"));
    values.insert_or_assign(std::move(key), std::move(value));
  }
  void one_of(decltype(AnyValue::value)& value);

 private:
  bool is(std::uint32_t field, WireType type) const { return field_.number == field && field_.type == type; }
  bool within(std::uint32_t field, std::string_view name, std::size_t bytes_max) {
    if (!is(field, WireType::bytes)) return false;
    if (field_.bytes.size() > bytes_max) walk_.failure.set(name, more_than(bytes_max, "bytes"));
    return field_.bytes.size() <= bytes_max;
  }
  bool utf8(std::string_view name) {
    const bool sound = is_utf8(field_.bytes);
    if (!sound) walk_.failure.set(name, "not UTF-8");
    return sound;
  }
  template <class M>
  void take(std::string_view name, M& message) {
    walk_.enter<M>(name);
    if (!walk_.failed()) {
      read_message(walk_, field_.bytes, message);
      if (walk_.failed()) walk_.failure.inside(name);
    }
    walk_.leave<M>();
  }

  const WireField& field_;
  Walk& walk_;
};

template <class V>
void fields(V& v, Of<V, AnyValue>& m) {
  v.one_of(m.value);
}

template <class M>
void read_message(Walk& walk, ByteView bytes, M& message) {
  WireReader wire{bytes};
  while (const std::optional<WireField> field = wire.next()) {
    Reader reader{*field, walk};
    fields(reader, message);
    if (walk.failed()) return;
  }
  if (wire.broken()) walk.failure.set("", "broken encoding");
}

}  // namespace tidegate::opamp

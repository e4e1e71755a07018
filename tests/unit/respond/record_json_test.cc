#include "respond/record_json.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/support/json_samples.h"
#include "transport/msgpack_view.h"
#include "transport/msgpack_write.h"

namespace tidegate {
namespace {

// A map of one pair, whose value `put` appends.
template <class Put>
Result<boost::json::object> read_one(Put put) {
  Bytes bytes;
  put_map(bytes, 1);
  put_str(bytes, "v");
  put(bytes);
  return record_json(bytes);
}

template <class Put>
boost::json::value value_of(Put put) {
  const auto object = read_one(put);
  EXPECT_TRUE(object) << object.error().text();
  return object ? object->find("v")->value() : boost::json::value("none");
}

boost::json::value decimal(std::string_view text) {
  return value_of([text](Bytes& out) { put_ext(out, ext_decimal, text); });
}

TEST(RecordJson, KeepsValuesExactly) {
  EXPECT_EQ(value_of([](Bytes& out) { put_uint(out, UINT64_MAX); }), boost::json::value(UINT64_MAX));
  EXPECT_EQ(value_of([](Bytes& out) { put_int(out, INT64_MIN); }), boost::json::value(INT64_MIN));
  const boost::json::value small = value_of([](Bytes& out) { put_int(out, 7); });
  EXPECT_TRUE(small.is_int64()) << "as a parser of JSON has it";
  EXPECT_EQ(small, boost::json::value(7));
  EXPECT_EQ(value_of([](Bytes& out) { put_double(out, 0.1); }), boost::json::value(0.1));
  EXPECT_TRUE(value_of([](Bytes& out) { put_double(out, 5.0); }).is_double());
  EXPECT_EQ(value_of([](Bytes& out) { put_bool(out, true); }), boost::json::value(true));
  EXPECT_TRUE(value_of([](Bytes& out) { put_nil(out); }).is_null());
  EXPECT_TRUE(value_of([](Bytes& out) { put_double(out, std::numeric_limits<double>::quiet_NaN()); }).is_null());
  EXPECT_EQ(value_of([](Bytes& out) { put_str(out, "a\"\n"); }), boost::json::value("a\"\n"));
  EXPECT_EQ(value_of([](Bytes& out) { put_str(out, "a\xff"); }), boost::json::value("a\xef\xbf\xbd"));
  EXPECT_EQ(value_of([](Bytes& out) { put_bin(out, "abc"); }), boost::json::value("YWJj"));
  EXPECT_EQ(value_of([](Bytes& out) { put_ext(out, 9, "abc"); }), boost::json::value("YWJj"));
  EXPECT_EQ(value_of([](Bytes& out) { out.append("\xca\x3d\xcc\xcc\xcd", 5); }), boost::json::value(0.1)) << "32 bits";
  const WallTime time{std::chrono::seconds{5} + std::chrono::nanoseconds{7}};
  EXPECT_EQ(value_of([time](Bytes& out) { put_event_time(out, time); }), boost::json::value("5.000000007"));
}

TEST(RecordJson, ADecimalIsANumberOnlyWhereNothingIsRounded) {
  EXPECT_EQ(decimal("18446744073709551615"), boost::json::value(UINT64_MAX));
  EXPECT_EQ(decimal("-5"), boost::json::value(-5));
  EXPECT_EQ(decimal("0.5"), boost::json::value(0.5));
  EXPECT_EQ(decimal("5.0"), boost::json::value(5.0));
  for (const char* text : {"18446744073709551616", "0.1234567890123456789", "1e400", "-0", "1.50", "1E5"})
    EXPECT_EQ(decimal(text), boost::json::value(text)) << "nothing of it is lost";
  const auto wrong = read_one([](Bytes& out) { put_ext(out, ext_decimal, "nan"); });
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code(), Code::corrupt);
}

TEST(RecordJson, KeepsTheOrderOfKeysAndOfARepeatedOneTheLast) {
  Bytes bytes;
  put_map(bytes, 3);
  put_str(bytes, "b");
  put_array(bytes, 2);
  put_int(bytes, 1);
  put_map(bytes, 1);
  put_str(bytes, "in");
  put_nil(bytes);
  put_str(bytes, "a");
  put_int(bytes, 1);
  put_str(bytes, "a");
  put_int(bytes, 2);
  const auto object = record_json(bytes);
  ASSERT_TRUE(object);
  EXPECT_EQ(*object, test::json_object(R"({"b": [1, {"in": null}], "a": 2})"));
  EXPECT_EQ(object->begin()->key(), "b");
}

TEST(RecordJson, RefusesWhatIsNoRecord) {
  const auto code = [](ByteView bytes) {
    const auto object = record_json(bytes);
    return object ? std::optional<Code>{} : object.error().code();
  };
  EXPECT_EQ(code(""), Code::corrupt);
  EXPECT_EQ(code("\x05"), Code::corrupt) << "no map";
  EXPECT_EQ(code(ByteView{"\x80\x80", 2}), Code::corrupt) << "two maps";
  EXPECT_EQ(code(ByteView{"\x81\xa1", 2}), Code::corrupt) << "cut";
  EXPECT_EQ(code(ByteView{"\x81\x01\x01", 3}), Code::corrupt) << "a key that is a number";
  EXPECT_EQ(code("\x80"), std::nullopt);
}

TEST(RecordJson, IsBounded) {
  const auto deep = read_one([](Bytes& out) { out.append(100, '\x91').append(1, '\x01'); });
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().code(), Code::corrupt);
  const auto many = read_one([](Bytes& out) {
    put_array(out, record_json_values_max);
    out.append(record_json_values_max, '\x01');
  });
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code(), Code::invalid);
  const auto large = read_one([](Bytes& out) { put_str(out, std::string(record_json_bytes_max, 'a')); });
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code(), Code::invalid);
}

}  // namespace
}  // namespace tidegate

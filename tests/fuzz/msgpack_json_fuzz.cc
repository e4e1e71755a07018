// msgpack from outside as JSON, and looked into field by field.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "transport/msgpack_json.h"

namespace {

using namespace tidegate;

// The number of values in a view, itself included.
std::size_t count(const MsgpackView& view) {
  std::size_t values = 1;
  MsgpackItems items = view.items();
  while (auto item = items.next()) values += count(*item);
  return values;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes{reinterpret_cast<const char*>(data), size};
  const auto json = to_json(bytes);
  const auto view = MsgpackView::open(bytes);
  if (json) TG_ASSERT(view && !json->empty(), "what becomes JSON can be viewed");
  if (!view) return 0;
  TG_ASSERT(count(*view) <= view->bytes().size(), "every value is a byte at least");
  (void)view->find("a");
  return 0;
}

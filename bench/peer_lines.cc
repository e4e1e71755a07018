#include "bench/peer_lines.h"

#include <fcntl.h>
#include <simdjson.h>
#include <unistd.h>

#include <fstream>

#include "base/bytes.h"
#include "bench/pages.h"

namespace tidegate {
namespace {

// The file, and what was written to it.
class LineWriter {
 public:
  explicit LineWriter(const std::filesystem::path& file)
      : stream_{file, std::ios::binary | std::ios::trunc}, lines_{.file = file} {}

  void add(std::string_view line) {
    stream_ << line << '\n';
    ++lines_.records;
    lines_.bytes += line.size() + 1;
  }

  Result<Lines> finish() {
    stream_.close();
    const int descriptor = ::open(lines_.file.c_str(), O_RDONLY | O_CLOEXEC);
    const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
    if (descriptor >= 0) ::close(descriptor);
    if (!stream_ || !synced) return Error{Code::unavailable, lines_.file.string() + ": cannot be written"};
    return lines_;
  }

 private:
  std::ofstream stream_;
  Lines lines_;
};

Result<void> add_records(const Bytes& body, LineWriter& writer) {
  simdjson::ondemand::parser parser;
  const simdjson::padded_string padded{body};
  simdjson::ondemand::document page;
  simdjson::ondemand::array items;
  if (parser.iterate(padded).get(page) != simdjson::SUCCESS || page["items"].get_array().get(items) != simdjson::SUCCESS)
    return Error{Code::corrupt, "a page without items"};
  for (auto item : items) {
    simdjson::ondemand::object record;
    std::string_view line;
    if (item.get_object().get(record) != simdjson::SUCCESS || record.raw_json().get(line) != simdjson::SUCCESS)
      return Error{Code::corrupt, "a page with an item that is no object"};
    if (line.find('\n') != std::string_view::npos) return Error{Code::corrupt, "an item of more than one line"};
    writer.add(line);
  }
  return {};
}

}  // namespace

Result<Lines> fetch_lines(const Rig& rig, const std::filesystem::path& file, const Clock& clock) {
  LineWriter writer{file};
  const PageSink sink = [&writer](const std::string&, const Bytes& page) { return add_records(page, writer); };
  if (Result<void> walked = walk_pages(rig, clock, sink); !walked) return std::move(walked).error();
  return writer.finish();
}

Result<Lines> first_lines(const Lines& lines, std::uint64_t records, const std::filesystem::path& file) {
  std::ifstream source{lines.file, std::ios::binary};
  LineWriter writer{file};
  std::string line;
  for (std::uint64_t count = 0; count < records && std::getline(source, line); ++count) writer.add(line);
  return writer.finish();
}

}  // namespace tidegate

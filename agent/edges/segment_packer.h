// SegmentPacker: compresses the segments of a commit on their way into the journal, each once: the journal and the wire share
// its bytes. The work stands here, not in the encoder, because it is the largest of a page and belongs on the journal's
// thread: the loop reads the next page meanwhile.
//
// Thread: one at a time.
#pragma once

#include <vector>

#include "base/result.h"
#include "storage/types.h"
#include "transport/compression.h"

namespace tidegate {

class SegmentPacker {
 public:
  explicit SegmentPacker(Compression compression);

  // `invalid`: the library refused (memory); some of the segments may be packed.   requires: none of them is compressed
  Result<void> pack(std::vector<Segment>& segments);

 private:
  Compression compression_;
  Compressor compressor_;
};

}  // namespace tidegate

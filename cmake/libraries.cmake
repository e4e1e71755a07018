# What stands under the floors: compiler options, and the libraries that Debian packages. docs/decisions says why each.
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS url)
find_package(RocksDB 7.8 CONFIG REQUIRED)
find_package(GTest CONFIG REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(simdjson CONFIG REQUIRED)
find_package(zstd CONFIG REQUIRED)
find_package(ZLIB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(CURL 7.85 REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)

add_library(TidegateOptions INTERFACE)
target_compile_definitions(TidegateOptions INTERFACE _GLIBCXX_ASSERTIONS TIDEGATE_VERSION="${PROJECT_VERSION}")
target_compile_options(TidegateOptions INTERFACE -Wall -Wextra -Werror -Wnon-virtual-dtor
  -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -ffunction-sections -fdata-sections
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
# Where sources are compiled together, a local variable may have the name of another file's helper, and GCC takes the sources for
# headers, whose coroutines should not hold what is of an anonymous namespace.
if(CMAKE_UNITY_BUILD)
  target_compile_options(TidegateOptions INTERFACE "$<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>")
else()
  target_compile_options(TidegateOptions INTERFACE -Wshadow)
endif()
# At -O2 GCC 12 sees uninitialised members in a std::optional that is moved (GCC bug 80635), overlaps in std::string's
# operator+ (105651) and foreign deletes in coroutine frames, where there are none; clang looks for the real ones.
target_compile_options(TidegateOptions INTERFACE
  "$<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized;-Wno-restrict;-Wno-mismatched-new-delete>")
target_link_options(TidegateOptions INTERFACE -Wl,-z,relro,-z,now,--gc-sections,--as-needed,--build-id=sha1)
if(SANITIZE) # not a generator expression: the comma would break it
  target_compile_options(TidegateOptions INTERFACE -fsanitize=${SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(TidegateOptions INTERFACE -fsanitize=${SANITIZE})
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_options(TidegateOptions INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
if(FUZZ)
  target_compile_options(TidegateOptions INTERFACE -fsanitize=fuzzer-no-link -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(TidegateOptions INTERFACE -fprofile-instr-generate)
endif()

# Asio, Beast and JSON, compiled once.
add_library(boost_impl STATIC cmake/boost_impl.cc)
target_compile_definitions(boost_impl PUBLIC BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
target_link_libraries(boost_impl PUBLIC Boost::headers OpenSSL::SSL OpenSSL::Crypto Threads::Threads PRIVATE TidegateOptions)

# Debian's msgpack headers need Boost 1.74, which cannot stand beside 1.81: ./dev setup unpacks the package.
if(NOT EXISTS ${CMAKE_SOURCE_DIR}/third/usr/include/msgpack.hpp)
  message(FATAL_ERROR "msgpack headers are missing in third/: run ./dev setup")
endif()
add_library(msgpack_headers INTERFACE)
target_include_directories(msgpack_headers SYSTEM INTERFACE ${CMAKE_SOURCE_DIR}/third/usr/include)
target_compile_definitions(msgpack_headers INTERFACE MSGPACK_NO_BOOST)

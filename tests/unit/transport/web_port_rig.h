// A WebPort on loopback with an authority of its own, and what a client needs to reach it.
#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/run_until.h"
#include "tests/support/test_pki.h"
#include "tests/unit/transport/loopback.h"
#include "transport/task_group.h"
#include "transport/web_port.h"
#include "transport/web_socket.h"

namespace tidegate::testkit {

// Of a coroutine whose result is looked at elsewhere.
inline void ignore_end(const std::exception_ptr& thrown) { EXPECT_FALSE(thrown); }

inline std::string file_text(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline TlsContextPtr client_tls(TestPki& pki, const std::string& name) {
  TlsClientPems pems;
  pems.ca_pem = file_text(pki.ca_file());
  if (!name.empty()) {
    const auto identity = pki.issue(name);
    EXPECT_TRUE(identity);
    pems.certificate_pem = file_text(identity->certificate_file);
    pems.private_key_pem = Secret{file_text(identity->private_key_file)};
  }
  auto tls = make_client_tls_of(pems);
  EXPECT_TRUE(tls) << tls.error().text();
  return *tls;
}

inline TlsContextPtr port_tls(TestPki& pki) {
  const auto identity = pki.issue("processor");
  EXPECT_TRUE(identity);
  TlsServerPems pems{file_text(pki.ca_file()), file_text(identity->certificate_file),
                     Secret{file_text(identity->private_key_file)}};
  auto tls = make_server_tls(pems, ClientCertificate::optional);
  EXPECT_TRUE(tls) << tls.error().text();
  return *tls;
}

// A port that runs until it goes.
class RunningPort {
 public:
  RunningPort(asio::io_context& loop, Clock& clock, Log& log, WebPort::Handlers handlers, TlsContextPtr tls,
              WebPortLimits limits = {}, std::uint16_t at = 0)
      : loop_(loop),
        port_(loop.get_executor(), clock, log, std::move(handlers), std::move(tls), limits),
        group_(loop.get_executor()) {
    std::signal(SIGPIPE, SIG_IGN);  // as the programs do: a client that has gone is an error of the write
    const auto listens = port_.listen("127.0.0.1", at);
    EXPECT_TRUE(listens);
    number_ = port_.port();
    group_.spawn("port", port_.run());
  }
  ~RunningPort() {
    group_.stop();
    const auto joined = [](TaskGroup& tasks) -> asio::awaitable<int> {
      co_await tasks.join();
      co_return 0;
    };
    run(loop_, joined(group_));
  }
  RunningPort(const RunningPort&) = delete;
  RunningPort& operator=(const RunningPort&) = delete;

  WebPort& operator*() { return port_; }
  WebPort* operator->() { return &port_; }
  std::uint16_t number() const { return number_; }

 private:
  asio::io_context& loop_;
  WebPort port_;
  TaskGroup group_;
  std::uint16_t number_ = 0;
};

}  // namespace tidegate::testkit

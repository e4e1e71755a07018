#include "processor/edges/smtp_channel.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "config/secret_file.h"
#include "processor/edges/mail_message.h"
#include "processor/event_texts.h"

namespace tidegate {
namespace {

constexpr std::size_t events_in_a_mail_max = 50;  // further ones are counted

struct CurlEnd {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlEasy = std::unique_ptr<CURL, CurlEnd>;
using CurlList = std::unique_ptr<curl_slist, CurlEnd>;

// What is left of the message.
struct Upload {
  std::string_view rest;
};

std::size_t give_upload(char* room, std::size_t size, std::size_t count, void* upload) {
  auto& rest = static_cast<Upload*>(upload)->rest;
  const std::size_t bytes = std::min(size * count, rest.size());
  std::memcpy(room, rest.data(), bytes);
  rest.remove_prefix(bytes);
  return bytes;
}

int ends_early(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return *static_cast<const std::atomic<bool>*>(stop) ? 1 : 0;
}

CurlList recipients_of(const std::vector<std::string>& to) {
  CurlList list;
  for (const std::string& each : to) {
    curl_slist* longer = curl_slist_append(list.get(), ("<" + each + ">").c_str());
    if (longer == nullptr) return {};
    (void)list.release();
    list.reset(longer);
  }
  return list;
}

// One hand-over to the server.
class Submission {
 public:
  Submission(const NotifyConfig& config, const SmtpLimits& limits) : config_(config), limits_(limits) {}

  Result<void> run(std::string_view message, const std::atomic<bool>& stop) {
    easy_.reset(curl_easy_init());
    recipients_ = recipients_of(config_.to);
    if (!easy_ || !recipients_) return Error{Code::unavailable, "no memory for a mail"};
    Upload upload{message};
    set_place();
    if (Result<void> known = set_user(); !known) return known;
    set(CURLOPT_MAIL_FROM, ("<" + config_.from + ">").c_str());
    set(CURLOPT_MAIL_RCPT, recipients_.get());
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_READFUNCTION, &give_upload);
    set(CURLOPT_READDATA, &upload);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &ends_early);
    set(CURLOPT_XFERINFODATA, const_cast<std::atomic<bool>*>(&stop));
    set(CURLOPT_ERRORBUFFER, reason_.data());
    if (refused_ != CURLE_OK) return Error{Code::unavailable, std::string{"mail: "} + curl_easy_strerror(refused_)};
    return outcome(curl_easy_perform(easy_.get()));
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(easy_.get(), option, value);
    if (code != CURLE_OK) refused_ = code;
  }

  void set_place() {
    const bool implicit = config_.tls == SmtpTls::implicit;
    set(CURLOPT_URL, ((implicit ? "smtps://" : "smtp://") + to_text(config_.server)).c_str());
    set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(CURLOPT_PROXY, "");  // whatever the environment says
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_USE_SSL, static_cast<long>(config_.tls == SmtpTls::none ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    if (!config_.ca_file.empty()) {
      set(CURLOPT_CAINFO, config_.ca_file.c_str());
      set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    }
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits_.connect_max.count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(limits_.whole_max.count()));
  }

  Result<void> set_user() {
    if (config_.username.empty()) return {};
    const Result<Secret> password = read_secret_file("password_file", config_.password_file);
    if (!password) return Error{Code::unavailable, password.error().text()};
    const Secret terminated{std::string{password->reveal()}};
    set(CURLOPT_USERNAME, config_.username.c_str());
    set(CURLOPT_PASSWORD, terminated.reveal().data());
    return {};
  }

  Result<void> outcome(CURLcode code) {
    if (code == CURLE_OK) return {};
    if (code == CURLE_ABORTED_BY_CALLBACK) return Error{Code::cancelled, "the mail was not handed over: asked to stop"};
    long answer = 0;
    (void)curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &answer);
    std::string text = "mail server " + to_text(config_.server) + ": ";
    text.append(reason_[0] != '\0' ? reason_.data() : curl_easy_strerror(code));
    if (code == CURLE_LOGIN_DENIED) return Error{Code::denied, std::move(text)};
    if (code == CURLE_OPERATION_TIMEDOUT) return Error{Code::timeout, std::move(text)};
    const bool of_message = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_WEIRD_SERVER_REPLY;
    return Error{of_message && answer >= 500 && answer < 600 ? Code::invalid : Code::unavailable, std::move(text)};
  }

  const NotifyConfig& config_;
  const SmtpLimits& limits_;
  CurlEasy easy_;
  CurlList recipients_;
  CURLcode refused_ = CURLE_OK;
  std::array<char, CURL_ERROR_SIZE> reason_{};
};

}  // namespace

// The library counts who has started it; it is made ready once, and ends with the last one.
Result<std::unique_ptr<SmtpChannel>> SmtpChannel::make(const NotifyConfig& config, SmtpLimits limits) {
  if (const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT); code != CURLE_OK)
    return Error{Code::unavailable, "notify " + config.name + ": " + curl_easy_strerror(code)};
  return std::unique_ptr<SmtpChannel>{new SmtpChannel{config, limits}};
}

SmtpChannel::~SmtpChannel() { curl_global_cleanup(); }

asio::awaitable<Result<void>> SmtpChannel::send(Notification notification) {
  MailMessage mail;
  mail.from = config_.from;
  mail.to = config_.to;
  mail.subject = "[Tidegate] " + notification_subject(notification);
  mail.text = notification_text(notification, events_in_a_mail_max);
  mail.id = notification.id;
  mail.at = notification.at;
  const std::string message = mail_text(mail);
  std::atomic<bool> stop{false};
  const std::function<Result<void>()> call = [this, &message, &stop] {
    Submission submission{config_, limits_};
    return submission.run(message, stop);
  };
  co_return co_await thread_.call(call, &stop);
}

}  // namespace tidegate

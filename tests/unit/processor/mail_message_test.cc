#include "processor/edges/mail_message.h"

#include <gtest/gtest.h>

#include "tests/unit/processor/fleet/requests.h"

namespace tidegate {
namespace {

MailMessage mail_of(const std::string& subject, const std::string& text) {
  return {"tidegate@example.net", {"soc@example.net", "b@example.org"}, subject, text, "00ff", test::noon};
}

TEST(MailMessageTest, HasTheHeadersOfAMailAndItsText) {
  EXPECT_EQ(mail_text(mail_of("critical: sensor a is silent", "one\ntwo\n")),
            "Date: Tue, 24 Nov 2026 12:00:00 +0000\r\n"
            "From: tidegate@example.net\r\n"
            "To: soc@example.net,\r\n b@example.org\r\n"
            "Message-ID: <00ff@example.net>\r\n"
            "Subject: critical: sensor a is silent\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n"
            "\r\n"
            "one\r\n"
            "two\r\n");
}

TEST(MailMessageTest, NoTextBeginsAHeaderOrEndsTheHeaders) {
  const std::string mail = mail_text(mail_of("a\r\nBcc: evil@example.net\r\n\r\nbody", "x"));
  EXPECT_EQ(mail.find("\nBcc"), std::string::npos) << mail;
  EXPECT_NE(mail.find("Subject: a  Bcc: evil@example.net    body\r\n"), std::string::npos) << mail;
  const std::string body = mail_text(mail_of("s", "a\r\nb\rc\n"));
  EXPECT_NE(body.find("a=0D\r\nb=0Dc\r\n"), std::string::npos) << body;
}

TEST(MailMessageTest, ASubjectThatIsNotPlainIsEncoded) {
  EXPECT_EQ(mail_subject("Z\xc3\xbcrich"), "=?UTF-8?B?WsO8cmljaA==?=");
  EXPECT_EQ(mail_subject("=?UTF-8?B?eA==?="), "=?UTF-8?B?PT9VVEYtOD9CP2VBPT0/PQ==?=") << "what looks like an encoded word is none";
  std::string umlauts;
  for (int i = 0; i < 100; ++i) umlauts += "\xc3\xbc";
  const std::string folded = mail_subject(umlauts);
  for (std::size_t at = 0; at < folded.size();) {
    const std::size_t end = std::min(folded.find("\r\n", at), folded.size());
    EXPECT_LE(end - at, 76u);
    at = end + 2;
  }
  EXPECT_EQ(folded.find("\r\n="), std::string::npos) << "a fold begins with a blank";
}

TEST(MailMessageTest, LinesAreShortAndBytesSurvive) {
  const std::string mail = mail_text(mail_of("s", std::string(290, 'x') + " \n\xc3\xbc = \n"));
  for (std::size_t at = 0; at < mail.size();) {
    const std::size_t end = mail.find("\r\n", at);
    ASSERT_NE(end, std::string::npos);
    EXPECT_LE(end - at, 76u);
    at = end + 2;
  }
  EXPECT_NE(mail.find("x=20\r\n=C3=BC =3D=20\r\n"), std::string::npos) << mail;
}

}  // namespace
}  // namespace tidegate

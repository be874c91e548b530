import smtplib
from email.message import EmailMessage
from pathlib import Path

from server.demo.children import Household
from server.demo.receivers import Post


def a_mail(to: str, subject: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "service@operator.example"
    mail["To"] = to
    mail["Subject"] = subject
    mail["Message-ID"] = "<0190-1@operator.example>"
    mail.set_content("Guten Tag, Frau Krüger")
    return mail


async def test_each_mail_is_one_line_with_what_was_said(tmp_path: Path) -> None:
    log = tmp_path / "mails.jsonl"
    household = Household(tmp_path)
    try:
        child = await household.start("mail", ["server.demo.mail_sink", "--log", str(log)])
        post = Post(child, log)
        with smtplib.SMTP("127.0.0.1", post.port) as smtp:
            smtp.send_message(a_mail("jonas.krueger@example.com", "Fiber 300 läuft"))
            smtp.send_message(a_mail("anna@example.com", "again"))

        mails = post.mails()

        assert [mail.to for mail in mails] == ["jonas.krueger@example.com", "anna@example.com"]
        assert mails[0].subject == "Fiber 300 läuft"
        assert "Krüger" in mails[0].text
        assert mails[0].at.utcoffset() is not None
        assert len(post.mails("0190-1")) == 2
        assert post.mails("0190-2") == ()
    finally:
        await household.stop_all()

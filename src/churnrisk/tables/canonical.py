"""The canonical tables: every foreign export is mapped to these, and nothing above `extract` knows another shape.

Only `accounts` and one of tickets, usage, subscriptions, invoices are needed. What is missing is said, not guessed.
"""

from __future__ import annotations

from churnrisk.tables.declaration import ALWAYS, CURRENT_ONLY, Column, Table

_ACCOUNT = Column("account_id", "text", "The customer company.", references="accounts.account_id", required=True)
_ROLES = ("customer", "agent", "system")

ACCOUNTS = Table(
    "accounts",
    key=("account_id",),
    happened_at="created_at",
    meaning="The customer companies.",
    columns=(
        Column("account_id", "text", "The customer company."),
        Column("name", "text", "The name people know it by."),
        Column("parent_account_id", "text", "The company it belongs to.", references="accounts.account_id"),
        Column("segment", "text", "Size or market segment, in the company's own words."),
        Column("industry", "text", "What the customer does."),
        Column("country", "text", "Two-letter country code where known."),
        Column("language", "text", "Two-letter code of the language it is served in."),
        Column("created_at", "timestamp", "When it became an account."),
        Column("csm", "text", "The customer success manager who looks after it.", references="csms.csm"),
        Column("support_plan", "text", "The support promised to it."),
        Column("churned", "boolean", "Whether it has left, as the source says at the export.", clock=CURRENT_ONLY),
    ),
)

CONTACTS = Table(
    "contacts",
    key=("contact_id",),
    happened_at="created_at",
    meaning="The people at the accounts.",
    columns=(
        Column("contact_id", "text", "A person at an account."),
        _ACCOUNT,
        Column("role", "text", "What the person is to us.", values=("champion", "admin", "user")),
        Column("created_at", "timestamp", "When we first knew of the person."),
        Column("left_at", "timestamp", "When the person left the account.", clock="left_at"),
    ),
)

CSMS = Table(
    "csms",
    key=("csm",),
    happened_at=ALWAYS,
    meaning="The customer success managers.",
    columns=(
        Column("csm", "text", "The customer success manager."),
        Column("name", "text", "The name people know them by."),
        Column("team", "text", "The team they belong to."),
        Column("email", "text", "Where their digest goes."),
        Column("language", "text", "Two-letter code of the language they read."),
        Column("weekly_capacity", "integer", "Accounts they can contact in a week.", unit="accounts"),
    ),
)

SUBSCRIPTIONS = Table(
    "subscriptions",
    key=("subscription_id",),
    happened_at="started_at",
    meaning="The contracts of the accounts; live from started_at until ended_at.",
    announced=True,
    columns=(
        Column("subscription_id", "text", "One contract."),
        _ACCOUNT,
        Column("plan", "text", "What was bought."),
        Column("seats", "integer", "Seats paid for.", unit="seats"),
        Column("mrr", "number", "Monthly recurring revenue.", unit="currency per month"),
        Column("currency", "text", "Three-letter currency code."),
        Column("started_at", "timestamp", "When the contract began."),
        Column("ended_at", "timestamp", "When it ended; half-open: at that moment it is over.", clock="ended_at"),
        Column("renewal_at", "timestamp", "When it comes up for renewal next."),
        Column("notice_at", "timestamp", "When the customer said it will leave.", clock="notice_at"),
        Column("auto_renew", "boolean", "Whether it renews unless cancelled."),
        Column(
            "end_reason",
            "text",
            "Whether the customer chose to leave.",
            clock="ended_at",
            values=("voluntary", "involuntary"),
        ),
    ),
)

INVOICES = Table(
    "invoices",
    key=("invoice_id",),
    happened_at="issued_at",
    meaning="What was invoiced, and when it was paid.",
    columns=(
        Column("invoice_id", "text", "One invoice."),
        _ACCOUNT,
        Column("amount", "number", "Invoiced; negative for a credit note.", unit="currency"),
        Column("currency", "text", "Three-letter currency code."),
        Column("issued_at", "timestamp", "When it was issued."),
        Column("due_at", "timestamp", "When it should be paid."),
        Column("paid_at", "timestamp", "When it was paid.", clock="paid_at"),
        Column("status", "text", "The state at the time of the export.", clock=CURRENT_ONLY),
    ),
)

TICKETS = Table(
    "tickets",
    key=("ticket_id",),
    happened_at="created_at",
    meaning="The support tickets as they were opened; what happened to them later is in ticket_events.",
    columns=(
        Column("ticket_id", "text", "One support ticket."),
        _ACCOUNT,
        Column("contact_id", "text", "Who asked.", references="contacts.contact_id"),
        Column("created_at", "timestamp", "When it was opened."),
        Column("channel", "text", "How it reached us."),
        Column("queue", "text", "The team it was opened for."),
        Column("priority", "text", "As opened.", values=("low", "normal", "high", "urgent")),
        Column("category", "text", "What it is about."),
        Column("language", "text", "Two-letter code of the language it is written in."),
        Column("subject", "text", "The subject line."),
        Column("schedule_id", "text", "The business hours that apply.", references="schedules.schedule_id"),
    ),
)

TICKET_EVENTS = Table(
    "ticket_events",
    key=("ticket_id", "at", "seq"),
    happened_at="at",
    meaning="Every change of a ticket: the truth behind response, waiting and resolution times, reopens and backlog.",
    columns=(
        Column("ticket_id", "text", "The ticket that changed.", references="tickets.ticket_id", required=True),
        Column("at", "timestamp", "When it changed."),
        Column("seq", "integer", "Order among changes of the same moment."),
        Column("field", "text", "What changed.", values=("status", "assignee", "priority", "queue"), required=True),
        Column("value", "text", "Its new value; statuses are new, open, pending, hold, solved, closed, deleted."),
        Column("actor_role", "text", "Who changed it.", values=_ROLES),
    ),
)

MESSAGES = Table(
    "messages",
    key=("message_id",),
    happened_at="created_at",
    meaning="What was written on the tickets.",
    columns=(
        Column("message_id", "text", "One message."),
        Column("ticket_id", "text", "The ticket it is on.", references="tickets.ticket_id", required=True),
        Column("author_role", "text", "Who wrote it.", values=_ROLES),
        Column("public", "boolean", "Whether the customer can read it."),
        Column("created_at", "timestamp", "When it was written."),
        Column("body", "text", "Its text; kept only as long as the settings say."),
    ),
)

MESSAGE_SCORES = Table(
    "message_scores",
    key=("message_id", "model_version"),
    happened_at="created_at",
    meaning="What a text model read in a message; known when the message is.",
    columns=(
        Column("message_id", "text", "The message that was read.", references="messages.message_id"),
        Column("model_version", "text", "The text model that read it."),
        Column("created_at", "timestamp", "When the message was written."),
        Column("language", "text", "Two-letter code of the language found."),
        Column("sentiment", "number", "From -1 to 1; empty where unscored.", unit="points"),
        Column("intent", "text", "The intent to leave that was found, if any."),
        Column("quote", "text", "The customer's words that show it."),
    ),
)

SURVEYS = Table(
    "surveys",
    key=("survey_id",),
    happened_at="sent_at",
    meaning="What customers were asked and what they answered.",
    columns=(
        Column("survey_id", "text", "One question put to one customer."),
        _ACCOUNT,
        Column("ticket_id", "text", "The ticket it is about, if any.", references="tickets.ticket_id"),
        Column("kind", "text", "Which scale was asked.", values=("csat", "nps", "ces"), required=True),
        Column("sent_at", "timestamp", "When it was sent."),
        Column("responded_at", "timestamp", "When it was answered.", clock="responded_at"),
        Column("score", "number", "csat 1-5, nps 0-10, ces 1-7.", unit="points", clock="responded_at"),
        Column("comment", "text", "What the customer added.", clock="responded_at"),
    ),
)

USAGE = Table(
    "usage",
    key=("account_id", "day", "metric"),
    happened_at="day",
    meaning="How much an account used the product on a day; known at the day's end.",
    columns=(
        _ACCOUNT,
        Column("day", "date", "The day in the company's time zone."),
        Column("metric", "text", "What was counted."),
        Column("value", "number", "How much of it.", unit="events"),
        Column("active_users", "integer", "People who used it that day.", unit="people"),
    ),
)

AGENTS = Table(
    "agents",
    key=("agent_id",),
    happened_at="joined_at",
    meaning="The support staff.",
    columns=(
        Column("agent_id", "text", "One member of the support staff."),
        Column("team", "text", "The team they work in."),
        Column("languages", "text", "Two-letter codes of the languages they serve, separated by spaces."),
        Column("joined_at", "timestamp", "When they joined."),
        Column("left_at", "timestamp", "When they left.", clock="left_at"),
    ),
)

AGENT_SURVEYS = Table(
    "agent_surveys",
    key=("agent_id", "at", "kind"),
    happened_at="at",
    meaning="How the support staff feel about their work.",
    columns=(
        Column("agent_id", "text", "Who was asked.", references="agents.agent_id"),
        Column("at", "timestamp", "When they answered."),
        Column("kind", "text", "Which question was asked."),
        Column("score", "number", "Engagement from 0 to 10.", unit="points"),
    ),
)

SCHEDULES = Table(
    "schedules",
    key=("schedule_id", "weekday", "opens"),
    happened_at=ALWAYS,
    meaning="Business hours: one row for each stretch of a weekday.",
    columns=(
        Column("schedule_id", "text", "One set of business hours."),
        Column("weekday", "integer", "1 Monday to 7 Sunday."),
        Column("opens", "integer", "Minutes after local midnight, from.", unit="minutes"),
        Column("closes", "integer", "Minutes after local midnight, until.", unit="minutes"),
        Column("time_zone", "text", "IANA name of the time zone the hours are told in.", required=True),
    ),
)

HOLIDAYS = Table(
    "holidays",
    key=("schedule_id", "day"),
    happened_at=ALWAYS,
    meaning="Days on which a schedule is closed.",
    columns=(
        Column("schedule_id", "text", "The schedule that is closed.", references="schedules.schedule_id"),
        Column("day", "date", "The local day."),
        Column("name", "text", "Which holiday it is."),
    ),
)

SLA_TARGETS = Table(
    "sla_targets",
    key=("support_plan", "priority"),
    happened_at=ALWAYS,
    meaning="What was promised, by support plan and priority.",
    columns=(
        Column("support_plan", "text", "The plan the promise belongs to."),
        Column("priority", "text", "The priority it is for.", values=("low", "normal", "high", "urgent")),
        Column("first_response_minutes", "integer", "Time to the first reply.", unit="minutes"),
        Column("resolution_minutes", "integer", "Time to the resolution.", unit="minutes"),
        Column("business_hours", "boolean", "Whether only business hours count."),
    ),
)

CHURN_EVENTS = Table(
    "churn_events",
    key=("account_id", "at"),
    happened_at="at",
    meaning="Explicit cancellations, where the source has them.",
    announced=True,
    columns=(
        _ACCOUNT,
        Column("at", "timestamp", "When the account left."),
        Column("reason", "text", "Why, in the source's words."),
        Column("voluntary", "boolean", "Whether the customer chose to leave."),
    ),
)

OUTREACH = Table(
    "outreach",
    key=("outreach_id",),
    happened_at="at",
    meaning="What a CSM did about an account, and what came of it.",
    columns=(
        Column("outreach_id", "text", "One action."),
        _ACCOUNT,
        Column("csm", "text", "Who acted.", references="csms.csm"),
        Column("play", "text", "What was done."),
        Column("at", "timestamp", "When it was done."),
        Column("outcome", "text", "What came of it.", clock="outcome_at"),
        Column("outcome_at", "timestamp", "When that was known.", clock="outcome_at"),
    ),
)

#: Every canonical table by name, in the order in which they are landed: what is pointed at comes first.
TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        CSMS,
        ACCOUNTS,
        CONTACTS,
        SUBSCRIPTIONS,
        INVOICES,
        SCHEDULES,
        HOLIDAYS,
        SLA_TARGETS,
        AGENTS,
        AGENT_SURVEYS,
        TICKETS,
        TICKET_EVENTS,
        MESSAGES,
        MESSAGE_SCORES,
        SURVEYS,
        USAGE,
        CHURN_EVENTS,
        OUTREACH,
    )
}

#: Besides accounts, at least one of these is needed.
ACTIVITY_TABLES = ("tickets", "usage", "subscriptions", "invoices")

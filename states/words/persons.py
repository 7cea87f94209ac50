"""The reasons of findings on persons: who holds an office, who is the second person, who may see or erase. See `words`."""

from __future__ import annotations

Four = tuple[str, str, str, str]

OF_PERSONS: dict[str, Four] = {
    "office_held": (
        "当日任有职务。",
        "An office was held on that day.",
        "{person} 在 {on} 没有任职；由他人办理的，请用 --for 写明。",
        "{person} held no office on {on}; if somebody else acted, say so with --for.",
    ),
    "confirmed_by_another": (
        "由另一人确认。",
        "Somebody else confirms it.",
        "须由另一名管理员确认：既非提出人，也非被授予人（{person}）。",
        "Another administrator has to confirm it: neither who proposed it nor whom it is for ({person}).",
    ),
    "own_login": (
        "由本人登录，或准予代为登录。",
        "The user of the system is this person, or has the leave to work as them.",
        "系统用户 {login} 不是 {person} 的账号。请用本人的系统用户登录；须代为登录的，由两名管理员向 {login} 授予 {office}（管理员的职务不能代为登录）。",
        "The system's user {login} is not the account of {person}. Log in as yourself; to enter for others, two administrators grant {login} {office} (nobody works as an administrator for them).",
    ),
    "own_account": (
        "本人登录办理。",
        "The user of the system is this person.",
        "系统用户 {login} 不是 {person} 的账号：代为登录（{office}）可办理户档、名单和单位台账，不得变更人员名册。请 {person} 用本人的系统用户登录办理。",
        "The system's user {login} is not the account of {person}: {office} is for cases, lists and records of units, and changes nothing in the register of persons. {person} has to log in for it.",
    ),
    "two_admins_left": (
        "仍有两名县级管理员。",
        "Two administrators of the county are left.",
        "收回后县级管理员只剩 {left}，此后无法再授予职务；请先授予另一名。",
        "Then only {left} would be left to administer the county, and nothing could be granted any more; grant another one first.",
    ),
    "unmasking_allowed": (
        "有权查看个人信息。",
        "The office may see personal values.",
        "查看个人信息应由 {offices} 提出，{office} 无此权限。",
        "Personal values are shown to {offices}, not to {office}.",
    ),
    "erasing_allowed": (
        "有权删除个人信息。",
        "The office may erase personal values.",
        "删除个人信息应由 {offices} 提出，{office} 无此权限。",
        "Personal values are erased by {offices}, not by {office}.",
    ),
    "received_by_another": (
        "由另一方接收。",
        "Received by the other side.",
        "名单由 {sent_by}（{office}）移交，应由另一部门的人员接收，{person} 不得接收。",
        "The list was sent by {sent_by} of {office}; somebody of another office receives it, not {person}.",
    ),
    "by_own_hand": (
        "由本人办理并登记。",
        "Entered by who does it.",
        "删除须由 {office} 本人登记，{recorder} 不得代为登记。",
        "Erasing is entered by {office} itself, not by {recorder}: no paper of it stays.",
    ),
    "case_ended": (
        "已办结。",
        "The case has ended.",
        "现处“{state}”，尚未办结，不能删除个人信息。",
        "The case is at {state}; only of an ended one personal values are erased.",
    ),
    "retention_over": (
        "保存期限已满（至 {until}）。",
        "The file has been kept long enough (until {until}).",
        "档案须保存（至 {until}）；“无”表示方案未定期限，不得删除。",
        "The file has to be kept (until {until}); none means that the policy sets no end, and nothing is erased.",
    ),
    "reason_given": (
        "已说明理由。",
        "A reason is given.",
        "须说明理由（--reason）。",
        "A reason has to be given (--reason).",
    ),
    "different_person": (
        "由不同的人办理。",
        "Another person took the steps that are for two.",
        "{person} 已办过本户的 {steps}，同一人不能再办本项；请由他人办理。",
        "{person} took {steps} on this case; this step is for another person.",
    ),
    "late_entry_agreed": (
        "登记不迟，或已说明理由并有第二人同意。",
        "Entered in time, or with a reason and a second person who agreed.",
        "事后 {late} 天才登记（{days} 天以内可自行登记）；须写明理由，并由另一人同意（agreed_by：{agreed_by}）。",
        "Entered {late} days after it could be (up to {days} by oneself); give a reason and a second person (agreed_by: {agreed_by}).",
    ),
    "shortening_agreed": (
        "未缩短期限，或已说明理由并有第二人同意。",
        "No period is shortened, or with a reason and a second person who agreed.",
        "该项关系期限，事后 {late} 天才登记（{days} 天以内可自行登记），剩余期限因此缩短；须写明理由，并由另一人同意（agreed_by：{agreed_by}）。",
        "It moves a period and is entered {late} days later (up to {days} by oneself), so less of it is left; give a reason and a second person (agreed_by: {agreed_by}).",
    ),
    "not_own_case": (
        "办理人与本户无利害关系。",
        "Who decides is not of the household.",
        "{persons} 与本户有利害关系（{how}），不得办理或同意；请由他人办理。",
        "{persons} may not decide or agree on this household ({how}); it is for another person.",
    ),
}

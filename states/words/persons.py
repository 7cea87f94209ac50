"""The sentences of findings on persons: offices, second persons, who may see or erase personal values."""

from __future__ import annotations

Four = tuple[str, str, str, str]

OF_PERSONS: dict[str, Four] = {
    "office_held": (
        "办理人当日任有职务。",
        "The person held an office on that day.",
        "{person} 在 {on} 没有任职；由他人办理的，请用 --for 写明。",
        "{person} held no office on {on}; if somebody else acted, name them with --for.",
    ),
    "confirmed_by_another": (
        "由另一人确认。",
        "Another person confirms it.",
        "须由另一名管理员确认：提出人和所涉及的人（{person}）都不能确认。",
        "Another administrator must confirm it: neither the one who proposed it nor the person whom it concerns ({person}).",
    ),
    "own_login": (
        "系统用户就是本人，或准予代为登录。",
        "You are logged in as this person, or you have the leave to work as them.",
        "系统用户 {login} 不是 {person} 的账号。请用本人的系统用户登录；须代为登录的，由两名管理员向 {login} 授予 {office}（管理员的职务不能代为登录）。",
        "The system's user {login} is not the account of {person}. Log in under your own account. So that somebody can work as others, two administrators grant {login} {office} (nobody can work as an administrator in this way).",
    ),
    "own_account": (
        "本人登录办理。",
        "You are logged in as this person.",
        "系统用户 {login} 不是 {person} 的账号。代为登录（{office}）只能办理户档、名单和单位台账，不能变更人员名册。请 {person} 用本人的系统用户登录办理。",
        "The system's user {login} is not the account of {person}. With {office} a login may act on cases, lists and records of units, but not change the register of persons. {person} must log in and do this.",
    ),
    "two_admins_left": (
        "仍有两名县级管理员。",
        "The county still has two administrators.",
        "收回后县级管理员只剩 {left}，此后无法再授予职务；请先授予另一名。",
        "Then only {left} would be left to administer the county, and nobody could grant an office any more. First grant the office to another person.",
    ),
    "unmasking_allowed": (
        "有权查看个人信息。",
        "The office may see personal values.",
        "查看个人信息应由 {offices} 办理，{office} 无此权限。",
        "{offices} may see personal values; {office} may not.",
    ),
    "erasing_allowed": (
        "有权删除个人信息。",
        "The office may erase personal values.",
        "删除个人信息应由 {offices} 办理，{office} 无此权限。",
        "{offices} may erase personal values; {office} may not.",
    ),
    "received_by_another": (
        "由另一单位接收。",
        "Another office receives the list.",
        "名单由 {sent_by}（{office}）移交，应由另一单位的人员接收，{person} 不得接收。",
        "{sent_by} of {office} sent the list, so somebody of another office must receive it, not {person}.",
    ),
    "by_own_hand": (
        "由本人办理并登记。",
        "The person who erases also enters it.",
        "删除须由 {office} 本人登记，{recorder} 不得代为登记：删除不留纸质材料。",
        "{office} must enter the erasure itself, not {recorder}: no paper of it remains.",
    ),
    "case_ended": (
        "已办结。",
        "The case has ended.",
        "现处“{state}”，尚未办结，不能删除个人信息。",
        "The case is in state {state} and has not ended, so its personal values cannot be erased.",
    ),
    "retention_over": (
        "保存期限已满（至 {until}）。",
        "The retention period is over (it ran until {until}).",
        "档案须保存至 {until}；“无”表示方案未定期限，不得删除。",
        "The file must be kept until {until}; none means that the policy sets no end, and nothing may be erased.",
    ),
    "reason_given": (
        "已说明理由。",
        "A reason is given.",
        "须说明理由；请用 --reason 写明。",
        "A reason is needed; give it with --reason.",
    ),
    "different_person": (
        "由不同的人办理。",
        "Different persons took the steps that need two.",
        "{person} 已办过本户的 {steps}，同一人不能再办本项；请由他人办理。",
        "{person} already took {steps} on this case; another person must take this step.",
    ),
    "late_entry_agreed": (
        "登记不迟，或已说明理由并有复核人同意。",
        "It was entered in time, or with a reason and a second person who agreed.",
        "事后 {late} 天才登记（一人只能登记 {days} 天以内的）；须写明理由，并由复核人同意（agreed_by：{agreed_by}）。",
        "It is entered {late} days afterwards (one person alone may enter it within {days} days). Give a reason, and let a second person agree (agreed_by: {agreed_by}).",
    ),
    "shortening_agreed": (
        "期限未缩短，或已说明理由并有复核人同意。",
        "No period becomes shorter, or there is a reason and a second person who agreed.",
        "该项关系期限，事后 {late} 天才登记（一人只能登记 {days} 天以内的），剩余期限因此缩短；须写明理由，并由复核人同意（agreed_by：{agreed_by}）。",
        "This entry moves a period and comes {late} days afterwards (one person alone may enter it within {days} days), so less of the period is left. Give a reason, and let a second person agree (agreed_by: {agreed_by}).",
    ),
    "second_person_confirmed": (
        "复核人已用本人登录确认（{agreed_by}）。",
        "The second person confirmed it from their own login ({agreed_by}).",
        "待复核：由 {for} 用本人登录确认（weigai case confirm）后生效。",
        "It waits: it takes effect when {for} has confirmed it from their own login (weigai case confirm).",
    ),
    "request_waits": (
        "第 {number} 号待复核。",
        "Number {number} waits for a second person.",
        "第 {number} 号不是本户待复核的事项，或已确认、已否决；请用 weigai case show 查看。",
        "Number {number} does not wait on this case, or it was confirmed or denied; see weigai case show.",
    ),
    "not_own_request": (
        "由提出人以外的人确认。",
        "It is confirmed by another person than who asked for it.",
        "{person} 是提出人或登记人，不能确认自己提出的事项；请由他人确认。",
        "{person} asked for it or entered it and cannot confirm it; another person must.",
    ),
    "confirmed_as_named": (
        "由指定的复核人确认。",
        "The second person who was named confirms it.",
        "提出人指定由 {agreed_by} 复核；请由其确认，或撤回后重新提出。",
        "Who asked for it named {agreed_by}, who must confirm it; or take it back and ask anew.",
    ),
    "denial_allowed": (
        "可否决或撤回。",
        "It may be denied or taken back.",
        "您的职务不能否决；可由 {offices} 否决，或由提出人撤回。",
        "Your office may not deny it: {offices} may. Who asked for it takes it back.",
    ),
    "not_own_case": (
        "办理人与本户无利害关系。",
        "The person who decides has no interest in the household.",
        "{persons} 与本户有利害关系（{how}），不得办理或同意；请由他人办理。",
        "{persons} may not act or agree on this household ({how}); another person must do it.",
    ),
}

package delivery

import "github.com/madang-council/madang/shared/problem"

// ChannelLabel is what people call a channel, or its name where there is none such.
func ChannelLabel(name string) problem.Text {
	switch name {
	case Mail:
		return problem.Text{KO: "이메일", EN: "Mail"}
	case Push:
		return problem.Text{KO: "기기", EN: "Device"}
	case Discord:
		return problem.Text{KO: "Discord", EN: "Discord"}
	case Slack:
		return problem.Text{KO: "Slack", EN: "Slack"}
	case Webhook:
		return problem.Text{KO: "웹훅", EN: "Webhook"}
	default:
		return problem.Text{KO: name, EN: name}
	}
}

// Label is what became of a delivery, as its recipient is told.
func (s State) Label() problem.Text {
	switch s {
	case Waiting:
		return problem.Text{KO: "보내는 중", EN: "Being sent"}
	case Sent:
		return problem.Text{KO: "보냄", EN: "Sent"}
	case Failed:
		return problem.Text{KO: "보내지 못함", EN: "Could not be sent"}
	case Late:
		return problem.Text{KO: "늦어서 보내지 않음", EN: "Not sent, too late"}
	case Withheld:
		return problem.Text{KO: "볼 수 없는 글이라 보내지 않음", EN: "Not sent, no longer readable"}
	case Unwanted:
		return problem.Text{KO: "그만 받기로 해서 보내지 않음", EN: "Not sent, stopped"}
	case Unreachable:
		return problem.Text{KO: "받을 곳이 없어 보내지 않음", EN: "Not sent, nowhere to send it"}
	default:
		return problem.Text{KO: string(s), EN: string(s)}
	}
}

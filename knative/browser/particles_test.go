package browser

import "testing"

// A particle that follows a link, a time, a bracket or a marked word is on the line of what is before it, however narrow the telephone is.
func TestParticlesStayWithTheirWords(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newPerson(t, h, narrow)
	p.open("/sign-in?next=/console/members")
	p.signsIn()
	followed := 0
	for _, path := range []string{"/privacy", "/rules/hoechik/compare", "/feeds", "/search?q=회칙", "/about", "/minutes", "/archives", "/calendar", "/my", "/my/notifications", "/my/second-factor", "/my/consents", "/console/policies/site", "/console/channels", "/console/members", "/console/audit", "/console/rules/hoechik"} {
		p.open(path)
		got := eval[struct {
			Followed int
			Alone    []string
		}](p, alone)
		followed += got.Followed
		for _, one := range got.Alone {
			t.Errorf("%s: a particle is alone at the beginning of a line: %s", path, one)
		}
	}
	if followed < 5 {
		t.Errorf("only %d particles behind an element were looked at", followed)
	}
}

// alone finds texts that begin with a particle behind another element's word, and of these what some width of the page leaves on a line
// without that word.
const alone = `(() => {
	const particle = /^(?:을|를|이|가|은|는|과|와|으로|로|에서|에게|에|의|도|까지|부터)(?=[\s.,:)]|$)/;
	const within = /[^\s\u2060가-힣]\u2060?(을|를|이|가|은|는|과|와|으로|로|에서|에게|에|의|도|까지|부터)(?=[\s.,:)]|$)/g; // behind what is no Hangul
	const inline = e => getComputedStyle(e).display.startsWith('inline');
	const pairs = [];
	for (const block of document.querySelectorAll('main *')) {
		if (inline(block) || !block.checkVisibility()) continue;
		const walk = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
		const texts = [];
		for (let n = walk.nextNode(); n; n = walk.nextNode()) {
			let of = n.parentElement;
			while (of !== block && inline(of)) of = of.parentElement;
			if (of === block && n.data.trim() !== '' && n.parentElement.checkVisibility() && !n.parentElement.closest('.hidden')) texts.push(n);
		}
		texts.forEach((n, i) => i > 0 && particle.test(n.data.trimStart()) && pairs.push([texts[i - 1], texts[i - 1].data.trimEnd().length - 1, n, n.data.length - n.data.trimStart().length, block]));
		for (const n of texts) {
			for (const m of n.data.matchAll(within)) pairs.push([n, m.index, n, m.index + m[0].length - m[1].length, block]);
		}
	}
	const at = (n, i) => {
		const r = document.createRange();
		r.setStart(n, i);
		r.setEnd(n, i + 1);
		return r.getBoundingClientRect();
	};
	const found = new Set();
	for (let width = 360; width >= 200; width -= 4) {
		document.body.style.width = width + 'px';
		for (const [before, i, after, j, block] of pairs) {
			if (block.clientWidth < 10 * parseFloat(getComputedStyle(block).fontSize)) continue; // a word longer than its line is broken wherever it must
			if (at(after, j).top >= at(before, i).bottom - 2) found.add(before.data.slice(Math.max(0, i - 20), i + 1) + '|' + after.data.slice(j, j + 20) + ' at ' + width);
		}
	}
	document.body.style.width = '';
	const said = new Map();
	for (const one of found) said.set(one.split(' at ')[0], one);
	return { Followed: pairs.length, Alone: [...said.values()] };
})()`

% for number, letter in enumerate(letters, 1):
${number}${letter}\
% endfor
${""}
${len(letters)} ${max(range(1, 4))} ${min(range(1, 4))} ${sum(range(1, 4))}
% for left, right in zip(sorted(letters), dict(a=1).items()):
${left}${right[1]}
% endfor
